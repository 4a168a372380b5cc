/**
 * Publishes without a daemon, by the library `@homebridge/ciao`: a responder in this process.
 * Loaded only where it is needed, as it takes memory and wakes for every multicast DNS packet of
 * the network.
 */
import { type CiaoService, getResponder } from "@homebridge/ciao";
import { NetworkManager } from "@homebridge/ciao/lib/NetworkManager.js";
import type { Publisher } from "./publisher.ts";
import { SERVICE_TYPE, type Service } from "./service.ts";

/**
 * The library looks for new interfaces every 15 s, which wakes a laptop at rest; the agent looks
 * itself. About 24 days, all a timer can.
 */
const NEVER_MS = 2 ** 31 - 1;

/** `interfaces` are names of network interfaces. */
export function publishByCiao(interfaces: readonly string[]): Publisher {
  Object.assign(NetworkManager, { POLLING_TIME: NEVER_MS });
  const responder = getResponder({ interface: [...interfaces] });
  let published: { readonly service: Service; readonly by: CiaoService } | undefined;

  async function withdraw(): Promise<void> {
    await published?.by.destroy();
    published = undefined;
  }

  return {
    async publish(service) {
      const isSame =
        published?.service.instance === service.instance && published.service.port === service.port;
      if (isSame) {
        published?.by.updateTxt(txtOf(service));
        return;
      }
      await withdraw();
      const by = responder.createService({
        name: service.instance,
        type: SERVICE_TYPE.slice(1, SERVICE_TYPE.indexOf(".")),
        port: service.port,
        txt: txtOf(service),
        // The host name that the SRV record leads to: its own, as that of the machine may be
        // avahi-daemon's some day.
        hostname: `infield-${service.instance.slice(-16)}`,
        restrictedAddresses: [...interfaces],
      });
      published = { service, by };
      // The library goes on by itself with a name that it found taken.
      for (const event of ["name-change", "hostname-change"] as const)
        by.on(event as "name-change", () => {});
      await by.advertise();
    },
    withdraw,
    async close() {
      await withdraw();
      await responder.shutdown();
    },
  };
}

function txtOf({ txt }: Service): Record<string, string> {
  return Object.fromEntries(
    txt.map((string) => [
      string.slice(0, string.indexOf("=")),
      string.slice(string.indexOf("=") + 1),
    ]),
  );
}
