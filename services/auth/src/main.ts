import { run } from '@waymark/service-kit';
import { config } from './config.ts';
import { authService } from './service.ts';

await run('auth', (log) => authService(config(), log));
