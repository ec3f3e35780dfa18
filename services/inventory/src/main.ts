import { run } from '@waymark/service-kit';
import { config } from './config.ts';
import { inventoryService } from './service.ts';

await run('inventory', (log) => inventoryService(config(), log));
