import { fileURLToPath } from 'node:url';
import { up } from '../scripts/services/up.ts';
import type { ServiceUrls } from '../scripts/services/up.ts';

/** The development services, brought up if they are not; they stay up afterwards (npm run services -- down). */
export function services(): Promise<ServiceUrls> {
  return up({ dir: fileURLToPath(new URL('../.run/services', import.meta.url)) });
}
