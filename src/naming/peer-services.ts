import type { PeerService } from '../config/peer-services.ts';
import type { PeerServiceOf } from '../semconv/server.ts';

/** Looks names up, of which the one that says most of the place counts: they are in that order. */
export function peerServiceOf(services: readonly PeerService[]): PeerServiceOf {
  const byHost = new Map<string, PeerService[]>();
  for (const service of services) {
    const known = byHost.get(service.host);
    if (known === undefined) byHost.set(service.host, [service]);
    else known.push(service);
  }
  return (address, port, path) => {
    const known = byHost.get(address) ?? byHost.get(address.toLowerCase());
    return known?.find((service) => fits(service, port, path))?.name;
  };
}

function fits(service: PeerService, port: number | undefined, path: string | undefined): boolean {
  if (service.port !== undefined && service.port !== port) return false;
  return service.path === undefined || (path !== undefined && path.startsWith(service.path));
}
