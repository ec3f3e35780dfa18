import { run } from '@waymark/service-kit';
import { config } from './config.ts';
import { gatewayService } from './service.ts';

await run('gateway', (log) => gatewayService(config(), log));
