import { gatewayApi, openApi } from '@waymark/contracts';

/** The public API in OpenAPI 3.1, as `/openapi.json` has it. */
export const description = openApi(gatewayApi, {
  title: 'Waymark',
  version: '1',
  description: 'A small shop. Every answer, errors included, names its trace in `x-trace-id`.',
  contact: { name: 'The maintainers of Waymark' },
  license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
});
