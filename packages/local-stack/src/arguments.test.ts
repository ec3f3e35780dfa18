import { expect, test } from '@jest/globals';
import { readArguments } from './arguments.ts';

test('flags', () => {
  expect(readArguments([])).toEqual({ port: undefined, reset: false, without: [], help: false });
  expect(readArguments(['--port', '9000', '--reset'])).toEqual({ port: 9000, reset: true, without: [], help: false });
  expect(readArguments(['--without', 'order, auth', '--without=inventory'])).toMatchObject({ without: ['order', 'auth', 'inventory'] });
  expect(readArguments(['--', '-h'])).toMatchObject({ help: true });
});

test.each([
  [['--prot=1'], "Unknown option '--prot'. Did you mean --port?"],
  [['-r'], "Unknown option '-r'. Did you mean --reset?"],
  [['--reset', '--verbose'], "Unknown option '--verbose'. Valid options: --port, --reset, --without, --help."],
  [['--without', 'inventory,stock'], '--without must name a service (auth, inventory, order, gateway), not "stock".'],
  [['now'], "Unexpected argument 'now'. Valid options: --port, --reset, --without, --help."],
  [['--port', 'http'], '--port must be a number from 1 to 65535, not "http".'],
  [['--port', '0'], '--port must be a number from 1 to 65535, not "0".'],
])('%j is an error', (argv, message) => {
  expect(() => readArguments(argv)).toThrow(message);
});
