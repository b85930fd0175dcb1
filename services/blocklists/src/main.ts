import { runService } from '@egg/service';
import { startBlocklists } from './service.ts';

await runService({ name: 'blocklists', start: startBlocklists });
