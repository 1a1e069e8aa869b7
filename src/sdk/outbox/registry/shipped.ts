import {
  driverSignedUp,
  firstRedemptionCompleted,
  novaEarned,
  novaRedeemed,
  walletPassInstalled,
} from './driverEvents.js';
import { generic } from './generic.js';

/** The event types that come with Sluice. An application adds its own: `[...SHIPPED, defineEvent({ … })]`. */
export const SHIPPED = [
  driverSignedUp,
  walletPassInstalled,
  novaEarned,
  novaRedeemed,
  firstRedemptionCompleted,
  generic,
] as const;
