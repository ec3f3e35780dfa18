import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isRedacted, isSecretName, secretIn } from './secret.ts';

test.each([
  ['a bearer token', 'Bearer 8fGh2kLmN0pQ'],
  ['a bearer token', 'authorization: bearer abcdef.ghijkl'],
  ['basic credentials', 'Basic ZGVtbzp3YXltYXJr'],
  ['a JSON web token', 'token is eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
  ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIE'],
  ['a URL with a password', 'postgres://shop:hunter2@db:5432/order'],
  ['a URL with a password', 'redis://:hunter2@cache'],
  ['a password or key', 'Server=db;Password=hunter2;'],
  ['a password or key', 'https://api.example/v1?api_key=abcd1234'],
  ['a password or key', '{"password": "hunter2"}'],
  ['an access key', 'AKIAIOSFODNN7EXAMPLE'],
  ['an access key', `ghp_${'a1'.repeat(18)}`],
  ['an e-mail address', 'user demo@waymark.test logged in'],
  ['a card number', '4111 1111 1111 1111'],
  ['a card number', 'card=5555-5555-5555-4444.'],
  ['a card number', '378282246310005'],
  ['a card number', '2223003122003222'],
  ['a card number', '6011111111111117'],
  ['a card number', '3530111333300000'],
  ['a card number', '30569309025904'],
  ['a card number', '38520000023237'],
])('%s: %s', (kind, text) => {
  expect(secretIn(text)).toBe(kind);
});

test.each([
  'GET /v1/orders/5f0c9d3a-7b1e-4c2f-8a6d-0b9e3c7f1a25',
  '5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25',
  '4111111111111112',
  '1763800000123000000',
  '1763800000123008',
  'postgres://shop@db:5432/order',
  'postgres://shop:REDACTED@db/order',
  'https://REDACTED:REDACTED@api.example/',
  'http://127.0.0.1:8082/orders?page=2',
  'SELECT * FROM users WHERE password = $1 AND email = $2',
  'UPDATE users SET password=? WHERE id=?',
  'Bearer REDACTED',
  'basic auth failed for user',
  'koa@3.3.0',
  '@waymark/tracing',
  'password must not be empty',
])('no secret: %s', (text) => {
  expect(secretIn(text)).toBeUndefined();
});

test('secret names and redacted values are recognized', () => {
  expect(['http.request.header.authorization', 'user.password', 'apiKey', 'set-cookie'].every(isSecretName)).toBe(true);
  expect(['gen_ai.usage.input_tokens', 'messaging.message.id', 'session.id', 'http.route'].some(isSecretName)).toBe(false);
  expect(['', '***', 'REDACTED', '[redacted]', 'xxxx'].every(isRedacted)).toBe(true);
  expect(isRedacted('hunter2')).toBe(false);
});

test('any card number of a known brand that passes Luhn is found', () => {
  const visa = fc.stringMatching(/^4\d{14}$/);
  fc.assert(
    fc.property(visa, (body) => {
      const sums = body.split('').map((digit, index) => Number(digit) * (index % 2 === 0 ? 2 : 1));
      const sum = sums.reduce((total, value) => total + (value > 9 ? value - 9 : value), 0);
      expect(secretIn(`${body}${(10 - (sum % 10)) % 10}`)).toBe('a card number');
      expect(secretIn(`${body}${(11 - (sum % 10)) % 10}`)).toBeUndefined();
    }),
  );
});
