import type { Command } from 'commander';
import { readAll } from '../api.js';
import { id } from '../arguments.js';
import { lister, show, type Context } from '../context.js';

/** More than a portal may have. */
const ALL = 1000;

/** What of a portal could be mirrored: `sluice sync types`. */
export function addTypes(sync: Command, context: Context): void {
  lister(sync, {
    name: 'types',
    description: 'list what could be mirrored of a portal, and which scopes are missing for it',
    example: 'types 62515',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .action(async (portalId: string, { json }: { readonly json?: boolean }) => {
      const page = await readAll(context.api(), '/api/sync/{portalId}/types', {}, ALL, 200, { portalId });
      const { customObjects } = page;
      show(context, json, page, () =>
        context.table(
          ['type', 'label', 'name', 'mirrored', 'missing scopes', 'granted by'],
          page.items.map((one) => [
            ...[
              one.objectType,
              one.archived ? `${one.label} (archived)` : one.label,
              one.fullName ?? one.name,
            ],
            ...[one.state ?? 'no', one.missingScopes === null ? 'not known' : one.missingScopes.join(', ')],
            one.grant === null ? '' : connectBy(portalId, one.grant),
          ]),
        ),
      );
      if (json) return;
      if (customObjects.grant !== null)
        context.say(
          `Custom objects: ${customObjects.missingScopes?.join(', ')} is missing; ${connectBy(portalId, customObjects.grant)}`,
        );
      else if (customObjects.failure !== null) context.say(`Custom objects: ${customObjects.failure}`);
      else if (customObjects.readAt === null) context.say('Custom objects: they have not been read yet');
      else context.say(`Custom objects as of ${customObjects.readAt}`);
    });
}

const connectBy = (portalId: string, grant: string) =>
  `npx sluice portals connect ${portalId} ${grant.includes('access=') ? '--custom-objects' : '--sync'}`;
