const { tracesFrom } = require('@waymark/trace-testing');
require('@waymark/trace-testing/jest');

const traces = tracesFrom(process.env.TRACES_URL);

test('the order is traced', async () => {
  const trace = await traces.of('5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25');
  expect(trace).toBeComplete();
  expect(trace).toMatchTree('gateway POST /v1/orders 201\n  *');
  expect(trace).not.toHaveSpan({ service: 'auth' });
  expect(() => expect(trace).toHaveSpan({ service: 'auth' })).toThrow('none of the 5 spans');
});
