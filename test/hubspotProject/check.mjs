/*
 * Reads a project as HubSpot's own command line does before it uploads one, without asking HubSpot, and prints what it
 * has found: node check.mjs FOLDER PROFILE
 */
import path from 'node:path';
import { getProjectMetadata, parseProjectConfig } from '@hubspot/project-parsing-lib/projects';
import { translate } from '@hubspot/project-parsing-lib/translate';
import { validateUid } from '@hubspot/project-parsing-lib/uid';

const [folder = '.', profile] = process.argv.slice(2);
const { platformVersion, srcDir } = parseProjectConfig(folder);
const projectSourceDir = path.resolve(folder, srcDir);
const { components, hsMetaFiles } = await getProjectMetadata(projectSourceDir);
const context = { projectSourceDir, platformVersion, accountId: 1 };
const { intermediateRepresentation, skippedHsMetaFiles } = await translate(context, {
  ...{ profile, skipValidation: true },
});
const nodes = Object.values(intermediateRepresentation.intermediateNodesIndexedByUid);
const tooMany = Object.entries(components).filter(([, { count, maxCount }]) => count > maxCount);
process.stdout.write(
  JSON.stringify({
    platformVersion,
    components: nodes.map(({ uid, componentType, config, componentDeps }) => ({
      ...{ uid, type: componentType, config, app: componentDeps.app },
    })),
    files: hsMetaFiles.length,
    problems: [
      ...skippedHsMetaFiles.map((file) => `${file} lies where HubSpot looks for nothing`),
      ...tooMany.map(([type]) => `there is more than one ${type}`),
      ...nodes.flatMap(({ uid }) => validateUid(uid) ?? []),
    ],
  }),
);
