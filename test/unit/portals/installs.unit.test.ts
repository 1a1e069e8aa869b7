import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { markup } from '../../../src/api/http/markup.js';
import { allowedReturnTo, withResult } from '../../../src/api/portals/install/returnTo.js';
import { missingScopes, scopesOf } from '../../../src/domain/portals/featureScopes.js';

describe('markup', () => {
  it('lets nothing that is put in become markup, in text or in an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...`<>&"'a/= `) }), (text) => {
        const page = markup`<p title="${text}">${text}${[text, null, false]}</p>`.text;
        expect(page.match(/</g)).toHaveLength(2);
        expect(page.match(/"/g)).toHaveLength(2);
        expect(page).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;)/);
      }),
    );
  });

  it('nests what is markup already', () => {
    expect(markup`<ul>${['a', '<'].map((one) => markup`<li>${one}</li>`)}</ul>`.text).toBe(
      '<ul><li>a</li><li>&lt;</li></ul>',
    );
    expect(markup`${0} ${''} ${undefined}`.text).toBe('0  ');
  });
});

describe('returnTo', () => {
  const config = { INSTALL_RETURN_ORIGINS: ['https://app.acme.example', 'http://localhost:5173'] };

  it('leads to origins that are listed and nowhere else, however it is written', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl({ withQueryParameters: true, withFragments: true }),
          fc.string(),
          fc.constantFrom(
            'https:app.acme.example',
            'https://app.acme.example:8443/',
            'https:///app.acme.example/a',
            'HTTPS://APP.ACME.EXAMPLE',
          ),
        ),
        (text) => {
          const url = allowedReturnTo(text, config);
          if (url) expect(config.INSTALL_RETURN_ORIGINS).toContain(new URL(text).origin);
        },
      ),
    );
    expect(allowedReturnTo('http://localhost:5173/x', config)?.href).toBe('http://localhost:5173/x');
    for (const text of [
      'https://user@app.acme.example/',
      'https://app.acme.example.evil.example',
      'ftp://app.acme.example/',
      '/settings',
    ])
      expect(allowedReturnTo(text, config)).toBeUndefined();
    expect(allowedReturnTo('https://app.acme.example/', { INSTALL_RETURN_ORIGINS: [] })).toBeUndefined();
  });

  it('carries the result beside its own query', () => {
    const target = withResult(new URL('https://app.acme.example/?a=1&install=old#top'), {
      install: 'connected',
    });
    expect(target).toBe('https://app.acme.example/?a=1&install=connected#top');
  });
});

describe('scopes', () => {
  it('are those of the features that are on, each once', () => {
    expect(scopesOf([])).toEqual(['oauth']);
    expect(scopesOf(['throttle'])).toEqual(['oauth', 'automation']);
    expect(new Set(scopesOf(['throttle', 'sync'])).size).toBe(scopesOf(['throttle', 'sync']).length);
  });

  it('are missing when a feature needs them and they were not granted', () => {
    expect(missingScopes('throttle', ['oauth', 'automation', 'tickets'])).toEqual([]);
    expect(missingScopes('throttle', ['oauth'])).toEqual(['automation']);
  });
});
