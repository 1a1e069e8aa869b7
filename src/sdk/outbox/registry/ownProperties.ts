import { COUNTER_MARKER, EFFECT_KEY_PROPERTY } from '../../../domain/outbox/portalCapabilities.js';

/** A property of ours in a portal, made there when it is needed. */
export interface OwnProperty {
  readonly name: string;
  readonly label: string;
  readonly type: 'string' | 'number' | 'datetime';
  readonly unique?: boolean;
}

/** Makes creates repeatable: a second one with the same value finds what the first one made. */
export const EFFECT_KEY: OwnProperty = {
  name: EFFECT_KEY_PROPERTY,
  label: 'Sluice event',
  type: 'string',
  unique: true,
};

export const MARKER: OwnProperty = {
  name: COUNTER_MARKER,
  label: 'Sluice: last counted events',
  type: 'string',
};

/** Names the contact of a driver to events that have no e-mail. */
export const DRIVER_KEY: OwnProperty = {
  name: 'sluice_driver_key',
  label: 'Driver key',
  type: 'string',
  unique: true,
};

/** What the shipped event types write on contacts. */
export const SHIPPED_PROPERTIES: readonly OwnProperty[] = [
  DRIVER_KEY,
  { name: 'sluice_driver_id', label: 'Driver id', type: 'string' },
  { name: 'sluice_signed_up_at', label: 'Signed up', type: 'datetime' },
  { name: 'sluice_signup_source', label: 'Sign-up source', type: 'string' },
  { name: 'sluice_wallet_platform', label: 'Wallet platform', type: 'string' },
  { name: 'sluice_wallet_installed_at', label: 'Wallet pass installed', type: 'datetime' },
  { name: 'sluice_wallet_passes', label: 'Wallet passes', type: 'number' },
  { name: 'sluice_wallet_last_pass', label: 'Wallet pass last installed', type: 'string' },
  { name: 'sluice_nova_earned', label: 'Nova earned', type: 'number' },
  { name: 'sluice_nova_last_earned_at', label: 'Nova last earned', type: 'datetime' },
  { name: 'sluice_nova_last_reason', label: 'Nova last reason', type: 'string' },
  { name: 'sluice_nova_last_session', label: 'Nova last session', type: 'string' },
  { name: 'sluice_nova_balance', label: 'Nova balance', type: 'number' },
  { name: 'sluice_nova_redeemed', label: 'Nova redeemed', type: 'number' },
  { name: 'sluice_nova_last_redeemed_at', label: 'Nova last redeemed', type: 'datetime' },
  { name: 'sluice_nova_redeemed_events', label: 'Nova redeemed: times', type: 'number' },
  { name: 'sluice_nova_last_redeemed', label: 'Nova redeemed last', type: 'number' },
  { name: 'sluice_nova_last_redemption', label: 'Nova last redemption', type: 'string' },
  { name: 'sluice_nova_last_reward', label: 'Nova last reward', type: 'string' },
  { name: 'sluice_nova_last_merchant', label: 'Nova last merchant', type: 'string' },
  { name: 'sluice_redemptions', label: 'Redemptions', type: 'number' },
  { name: 'sluice_first_redemption_at', label: 'First redemption', type: 'datetime' },
];
