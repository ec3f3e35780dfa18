/** Settings of the order service that some scenarios need; the suite's own shop has them. */
export const FULFILMENT_DELAY = { name: 'FULFILMENT_DELAY_SECONDS', value: '1' };
export const MAX_ATTEMPTS = { name: 'JOB_MAX_ATTEMPTS', value: '2' };
