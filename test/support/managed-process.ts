import { ManagedStage } from './managed-stage.ts';

/** Gets the certificates of the site that is its argument, until it is killed. */
const [site = ''] = process.argv.slice(2);
await new ManagedStage().use(JSON.parse(site));
