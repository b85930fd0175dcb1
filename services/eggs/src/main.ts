import { runService } from '@egg/service';
import { startEggs } from './service.ts';

await runService({ name: 'eggs', start: startEggs });
