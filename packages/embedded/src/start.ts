// `npm start`: the egg server with all it needs.

import { run } from './run.ts';
import { eggProcesses } from './services.ts';

process.exit(await run(eggProcesses));
