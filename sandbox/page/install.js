/** The app in a portal: how old its tokens are, what it may do, and the buttons that take it away. */
export function showInstalls(root, portal, nowMs, refresh) {
  const shape = JSON.stringify(portal.installs.map(({ kind, scopes }) => [kind, scopes]));
  if (root.dataset.shape !== shape) {
    root.dataset.shape = shape;
    root.replaceChildren(...portal.installs.map((install) => createInstall(portal, install, refresh)));
  }
  for (const [index, install] of portal.installs.entries()) {
    root.children[index].querySelector('.tokens').textContent = describeTokens(install, nowMs);
  }
}

function createInstall({ portalId }, { scopes }, refresh) {
  const card = document.getElementById('install-template').content.firstElementChild.cloneNode(true);
  const ask = async (action, body) => {
    const output = card.querySelector('output');
    try {
      const response = await fetch(`/_sandbox/portals/${portalId}/${action}`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      if (!response.ok) output.textContent = (await response.json()).error;
      refresh();
    } catch {
      output.textContent = 'The sandbox does not answer.';
    }
  };
  for (const button of card.querySelectorAll('[data-do]')) {
    button.addEventListener('click', () => void ask(button.dataset.do, {}));
  }
  card.querySelector('summary').textContent = plural(scopes.length, 'scope');
  card.querySelector('.granted').append(
    ...scopes.map((scope) => {
      const item = document.createElement('li');
      const name = document.createElement('code');
      name.textContent = scope;
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'remove';
      button.textContent = 'Remove';
      button.setAttribute('aria-label', `Remove ${scope}`);
      button.addEventListener('click', () => {
        void ask('scopes', { scopes: scopes.filter((other) => other !== scope) });
      });
      item.append(name, button);
      return item;
    }),
  );
  return card;
}

function describeTokens({ kind, accessTokens, refreshTokens, newestIssuedMs, newestExpiresMs }, nowMs) {
  const parts = [
    kind === 'private' ? 'private app' : 'installed by OAuth',
    plural(accessTokens, 'live access token'),
  ];
  if (newestIssuedMs !== null) parts.push(`the newest ${span(nowMs - newestIssuedMs)} old`);
  if (newestExpiresMs !== null) parts.push(`good for ${span(newestExpiresMs - nowMs)} more`);
  parts.push(plural(refreshTokens, 'live refresh token'));
  return parts.join(' · ');
}

function plural(count, word) {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
