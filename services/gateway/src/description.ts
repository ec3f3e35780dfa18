import { gatewayApi, openApi } from '@waymark/contracts';

/** The OpenAPI 3.1 description of the public API, served at `/openapi.json`. */
export const description = openApi(gatewayApi, {
  title: 'Waymark',
  version: '1',
  description: 'A small shop. Every answer, including errors, names its trace in `x-trace-id`.',
  contact: { name: 'The maintainers of Waymark' },
  license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
});
