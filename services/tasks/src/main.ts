import { runService } from '@egg/service';
import { startTasks } from './service.ts';

await runService({ name: 'tasks', start: startTasks });
