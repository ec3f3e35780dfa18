// @ts-check
/** @import { Order } from '@waymark/contracts' */
import { basket, chosenLines, idempotencyKey, renewKey, restoreBasket, takeOut } from './basket.js';
import { byId } from './element.js';
import { hideProblem, say, showProblem } from './notices.js';
import { forgetOrders, orders, showNewOrder, showOrders } from './orders.js';
import { drawProducts, showProducts } from './products.js';
import { Problem } from './requests.js';
import { isLoggedIn, logIn, logOut, sendAsUser, session } from './session.js';
import { findTraceUi } from './trace-link.js';

const logInForm = byId('log-in', HTMLFormElement);

const submitLogIn = () => logIn(byId('email', HTMLInputElement).value, byId('password', HTMLInputElement).value);

async function placeOrder() {
  if (!isLoggedIn()) await submitLogIn();
  const lines = chosenLines();
  const content = { body: { lines }, headers: { 'idempotency-key': idempotencyKey() } };
  const { body } = await sendAsUser('POST', '/v1/orders', content).catch(notPlaced);
  takeOut(lines);
  showNewOrder(/** @type {Order} */ (body));
}

/**
 * After a 4xx the order was not placed, so the next request gets a new key. After any other failure it may have been placed, so the key stays.
 * @param {unknown} error
 * @returns {Promise<never>}
 */
async function notPlaced(error) {
  if (!(error instanceof Problem)) throw error;
  if (error.status >= 400 && error.status < 500) renewKey();
  else error.message += ' You can safely place it again: you will not order twice.';
  throw error;
}

function drawSession() {
  logInForm.hidden = isLoggedIn();
  byId('logged-in', HTMLElement).hidden = !isLoggedIn();
  byId('place', HTMLElement).textContent = isLoggedIn() ? 'Place the order' : 'Log in and place the order';
}

/**
 * Returns an event handler that runs the action, unless it is already running, and shows its errors.
 * @param {() => Promise<void>} action
 */
function asAsked(action) {
  let busy = false;
  return (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy) return;
    const asked = /** @type {HTMLElement} */ (event.currentTarget);
    const setBusy = (/** @type {boolean} */ value) => {
      busy = value;
      asked.ariaBusy = `${value}`;
    };
    setBusy(true);
    hideProblem();
    void action()
      .catch(showProblem)
      .finally(() => setBusy(false));
  };
}

logInForm.addEventListener('submit', asAsked(submitLogIn));
byId('log-out', HTMLElement).addEventListener('click', asAsked(logOut));
byId('order-form', HTMLElement).addEventListener('submit', asAsked(placeOrder));
basket.addEventListener('change', drawProducts);
orders.addEventListener('change', () => void showProducts().catch(showProblem));
session.addEventListener('change', () => {
  drawSession();
  say(isLoggedIn() ? 'You are logged in.' : 'You are logged out.');
  if (isLoggedIn()) void showOrders().catch(showProblem);
  else forgetOrders();
});

async function load() {
  hideProblem();
  const loading = byId('products-loading', HTMLElement);
  loading.hidden = false;
  void findTraceUi();
  try {
    restoreBasket(await showProducts());
    if (isLoggedIn()) await showOrders();
  } catch (error) {
    showProblem(error, load);
  } finally {
    loading.hidden = true;
  }
}

drawSession();
await load();
