/**
 * An order service that sends receipts from a queue. The queue is in memory, and has the shape of BullMQ's.
 *
 *     npm install && npm start
 *     curl -i -X POST http://localhost:3000/orders
 *
 * The trace has a SERVER span for the request, a PRODUCER span for the job, and a CONSUMER span for each attempt at it.
 */
const { EventEmitter } = require('node:events');
const { consume, event, produce, shutdownTracing } = require('@waymark/tracing');
const { traced, tracedErrors } = require('@waymark/tracing/express');
const express = require('express');

const jobs = new EventEmitter();
const MAX_ATTEMPTS = 3;

async function addReceipt(orderId) {
  const message = { system: 'memory', destination: 'receipts', id: orderId };
  // Store the carrier with the job: it connects the worker's span with this request.
  await produce(message, async (carrier) => jobs.emit('job', { message, data: { orderId, carrier }, attempt: 1 }));
}

jobs.on('job', ({ message, data, attempt }) => {
  const work = () => sendReceipt(data.orderId, attempt);
  consume(message, data.carrier, { attempt, maxAttempts: MAX_ATTEMPTS }, work).catch(() => {
    if (attempt < MAX_ATTEMPTS) setImmediate(() => jobs.emit('job', { message, data, attempt: attempt + 1 }));
  });
});

async function sendReceipt(orderId, attempt) {
  if (attempt === 1) throw new Error('the mail server is busy');
  event('receipt sent', { 'order.id': orderId });
}

const app = express();
app.use(traced());
app.post('/orders', async (_request, response) => {
  const orderId = crypto.randomUUID();
  await addReceipt(orderId);
  response.status(201).json({ orderId });
});
app.use(tracedErrors()); // after the routes

const server = app.listen(Number(process.env.PORT ?? 3000), () => console.log(`http://localhost:${server.address().port}`));
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => server.close(() => void shutdownTracing()));
