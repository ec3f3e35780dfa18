import type { Database } from '@waymark/service-kit';
import { findUserByEmail, insertUser } from './auth-db.ts';
import { hash } from './password.ts';

/** Two users for trying the shop. Their password is public: it is in the README. */
const DEMO_USERS = ['demo@waymark.test', 'ada@waymark.test'];
const DEMO_PASSWORD = 'waymark';

/** Adds the demo users that do not exist yet. */
export async function seedUsers(db: Database): Promise<void> {
  for (const email of DEMO_USERS) {
    if (!(await findUserByEmail(db, email))) await insertUser(db, email, await hash(DEMO_PASSWORD));
  }
}
