import { expect } from '@jest/globals';
import { LISTING } from './parts.ts';
import type { Scenario } from './scenario.ts';

export const products: Scenario[] = [
  {
    title: 'listing the products without a login',
    ask: ({ anonymous }) => anonymous.call('GET', '/v1/products'),
    status: 200,
    body: { items: expect.arrayContaining([expect.objectContaining({ sku: 'desk-lamp', priceCents: 3900, currency: 'EUR' })]) },
    tree: LISTING,
  },
  {
    title: 'reading a product',
    ask: ({ anonymous }) => anonymous.call('GET', '/v1/products/tea-pot'),
    status: 200,
    body: { sku: 'tea-pot', name: 'Tea pot', priceCents: 4200, currency: 'EUR' },
    tree: `
gateway SERVER GET /v1/products/{sku} 200
  gateway CLIENT GET /products/{sku} 200
    inventory SERVER GET /products/{sku} 200
      inventory CLIENT SELECT products`,
    spans: [
      { service: 'gateway', kind: 'SERVER', attributes: { 'url.path': '/v1/products/tea-pot', 'http.route': '/v1/products/{sku}' } },
      { service: 'gateway', kind: 'CLIENT', attributes: { 'url.full': /\/products\/tea-pot$/, 'url.template': '/products/{sku}' } },
      { service: 'inventory', kind: 'SERVER', attributes: { 'shop.cache.hit': false } },
    ],
  },
  {
    title: 'reading a product that does not exist',
    ask: ({ anonymous }) => anonymous.call('GET', '/v1/products/no-such-thing'),
    status: 404,
    body: { code: 'unknown_product' },
    tree: `
gateway SERVER GET /v1/products/{sku} 404 waymark.problem.code=unknown_product
  gateway CLIENT GET /products/{sku} 404 ERROR
    inventory SERVER GET /products/{sku} 404 waymark.problem.code=unknown_product shop.bloom.rejected=true`,
  },
];
