import { database, internalSecret, listenOn, readConfig } from '@waymark/service-kit';

export const config = (env = process.env) => readConfig({ ...listenOn(8081), INTERNAL_SECRET: internalSecret(), ...database('auth') }, env);
export type Config = ReturnType<typeof config>;
