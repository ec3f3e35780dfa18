import { run } from '@waymark/service-kit';
import { config } from './config.ts';
import { orderService } from './service.ts';

await run('order', (log) => orderService(config(), log));
