import { freePort, isFree } from './free-port.ts';
import { serviceNames, type ServiceName } from './service.ts';
import { StartError } from './start-error.ts';

const preferred: Readonly<Record<ServiceName, number>> = { gateway: 8080, auth: 8081, order: 8082, inventory: 8083 };

/**
 * Chooses the ports of the shop: the usual ones, or a free one for each that is in use, reported to `onNote`.
 * Throws a StartError if `gatewayPort` is given and in use.
 */
export async function choosePorts(gatewayPort: number | undefined, onNote: (note: string) => void): Promise<Record<ServiceName, number>> {
  if (gatewayPort !== undefined && !(await isFree(gatewayPort))) {
    throw new StartError(`Port ${gatewayPort} cannot be used: it is in use, or this user may not listen on it. Choose another --port.`);
  }
  const choose = async (name: ServiceName): Promise<[ServiceName, number]> => {
    const wanted = (name === 'gateway' && gatewayPort) || preferred[name];
    if (wanted === gatewayPort ? name === 'gateway' : await isFree(wanted)) return [name, wanted];
    const port = await freePort();
    onNote(`Port ${wanted} is in use, so ${name} uses ${port}.`);
    return [name, port];
  };
  return Object.fromEntries(await Promise.all(serviceNames.map(choose))) as Record<ServiceName, number>;
}
