import type { Order } from '@waymark/contracts';
import { takeFaults } from './break-it.ts';
import { basket, chosenLines, idempotencyKey, renewKey, restoreBasket, takeOut } from './basket.ts';
import { readConfig } from './config.ts';
import { byId } from '@waymark/page-kit/element';
import { hideProblem, say, showProblem } from './notices.ts';
import { forgetOrders, orders, showNewOrder, showOrders } from './orders.ts';
import { drawProducts, showProducts } from './products.ts';
import { Problem } from './requests.ts';
import { isLoggedIn, logIn, logOut, sendAsUser, session } from './session.ts';

const logInForm = byId('log-in', HTMLFormElement);

const submitLogIn = () => logIn(byId('email', HTMLInputElement).value, byId('password', HTMLInputElement).value);

async function placeOrder() {
  if (!isLoggedIn()) await submitLogIn();
  const lines = chosenLines();
  const content = { body: { lines }, headers: { 'idempotency-key': idempotencyKey(), ...takeFaults() } };
  const { body } = await sendAsUser('POST', '/v1/orders', content).catch(notPlaced);
  takeOut(lines);
  showNewOrder(body as Order);
}

/** After a 4xx the order was not placed, so the next request gets a new key. After any other failure it may have been placed, so the key stays. */
async function notPlaced(error: unknown): Promise<never> {
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

/** Returns an event handler that runs the action, unless it is already running, and shows its errors. */
function asAsked(action: () => Promise<void>) {
  let busy = false;
  return (event: Event) => {
    event.preventDefault();
    if (busy) return;
    const asked = event.currentTarget as HTMLElement;
    const setBusy = (value: boolean) => {
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
  void readConfig();
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
