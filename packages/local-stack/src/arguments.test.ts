import { expect, test } from '@jest/globals';
import { readArguments } from './arguments.ts';

test('flags', () => {
  expect(readArguments([])).toEqual({ port: undefined, reset: false, help: false });
  expect(readArguments(['--port', '9000', '--reset'])).toEqual({ port: 9000, reset: true, help: false });
  expect(readArguments(['--', '-h'])).toMatchObject({ help: true });
});

test.each([
  [['--prot=1'], "Unknown option '--prot'. Did you mean --port?"],
  [['-r'], "Unknown option '-r'. Did you mean --reset?"],
  [['--reset', '--verbose'], "Unknown option '--verbose'. There are --port, --reset, --help."],
  [['now'], "Unexpected argument 'now'. There are --port, --reset, --help."],
  [['--port', 'http'], '--port must be a number from 1 to 65535, not "http".'],
  [['--port', '0'], '--port must be a number from 1 to 65535, not "0".'],
])('%j is refused', (argv, message) => {
  expect(() => readArguments(argv)).toThrow(message);
});
