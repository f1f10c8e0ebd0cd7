import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { directivesPage } from './directives.ts';

writeFileSync(join(import.meta.dirname, '../../docs/nginx-directives.md'), directivesPage());
