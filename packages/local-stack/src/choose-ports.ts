import { freePort, isFree } from './free-port.ts';
import { serviceNames, type ServiceName } from './service.ts';
import { StartError } from './start-error.ts';

const preferred: Readonly<Record<ServiceName, number>> = { gateway: 8080, auth: 8081, order: 8082, inventory: 8083 };

/**
 * The ports of the shop: the usual ones, and a free one for each that is in use, which `onNote` is told.
 * Throws a StartError if the gateway's is asked for (`gatewayPort`) and in use.
 */
export async function choosePorts(gatewayPort: number | undefined, onNote: (note: string) => void): Promise<Record<ServiceName, number>> {
  if (gatewayPort !== undefined && !(await isFree(gatewayPort))) {
    throw new StartError(`Port ${gatewayPort} cannot be used: another program listens there, or this user may not. Choose another --port.`);
  }
  const choose = async (name: ServiceName): Promise<[ServiceName, number]> => {
    const wanted = (name === 'gateway' && gatewayPort) || preferred[name];
    if (wanted === gatewayPort ? name === 'gateway' : await isFree(wanted)) return [name, wanted];
    const port = await freePort();
    onNote(`Port ${wanted} is in use, so ${name} gets ${port}.`);
    return [name, port];
  };
  return Object.fromEntries(await Promise.all(serviceNames.map(choose))) as Record<ServiceName, number>;
}
