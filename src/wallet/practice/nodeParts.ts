// The parts that an LDK node is put together from, and how ours are set: private channels, fees of zero for passing a
// payment on (so that what one member loses another gains, to the msat), and room for many small locked payments.

import { bytesToHex } from '@noble/hashes/utils.js'
import type { ChannelManager, ChannelMonitor, UserConfig } from 'lightningdevkit'
import { LabError } from '../../core/errors'
import type { Tip } from './chain'
import type { Ldk } from './ldk'

/** Fee rate of every transaction, sat per 1000 weight units: the least there is. */
const FEE_RATE = 253
/** Most small payments in flight, which would be lost to fees in a forced close: as many as fit. */
const MOST_DUST_MSAT = 5_000_000_000n
/** Most payments in flight in one direction: a closing transaction with all of them still fits into a block. */
const MOST_IN_FLIGHT = 100
/** Blocks between the locks of two hops: the least that LDK takes. */
export const HOP_CLTV = 48

export interface PartsDeps {
  ldk: Ldk
  seed: Uint8Array
  /** unix seconds */
  now(): number
  /** a channel's state changed; null: it is over */
  onMonitor(key: string, bytes: Uint8Array | null): void
  onBroadcast(raw: Uint8Array): void
}

/** All but the manager and the peers. */
export function nodeParts({ ldk, seed, now, onMonitor, onBroadcast }: PartsDeps) {
  const done = ldk.ChannelMonitorUpdateStatus.LDKChannelMonitorUpdateStatus_Completed
  const fees = ldk.FeeEstimator.new_impl({ get_est_sat_per_1000_weight: () => FEE_RATE })
  const broadcaster = ldk.BroadcasterInterface.new_impl({ broadcast_transactions: (txs) => txs.forEach((raw) => onBroadcast(raw)) })
  const logger = ldk.Logger.new_impl({ log: () => undefined })
  // "completed" although it is not yet on the disk: no message leaves the node before it is (node.ts)
  const persist = ldk.Persist.new_impl({
    persist_new_channel: (outpoint, monitor) => (onMonitor(bytesToHex(outpoint.write()), monitor.write()), done),
    update_persisted_channel: (outpoint, _, monitor) => (onMonitor(bytesToHex(outpoint.write()), monitor.write()), done),
    archive_persisted_channel: (outpoint) => onMonitor(bytesToHex(outpoint.write()), null),
  })
  const monitors = ldk.ChainMonitor.constructor_new(ldk.Option_FilterZ.constructor_none(), broadcaster, logger, fees, persist)
  // the times only make this start unlike any other
  const keys = ldk.KeysManager.constructor_new(seed, BigInt(now()), crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000_000)
  const graph = ldk.NetworkGraph.constructor_new(ldk.Network.LDKNetwork_Regtest, logger)
  const scorer = ldk.MultiThreadedLockableScore.constructor_new(
    ldk.ProbabilisticScorer.constructor_new(ldk.ProbabilisticScoringDecayParameters.constructor_default(), graph, logger).as_Score(),
  )
  const router = ldk.DefaultRouter.constructor_new(
    graph, logger, keys.as_EntropySource(), scorer.as_LockableScore(), ldk.ProbabilisticScoringFeeParameters.constructor_default(),
  ) // prettier-ignore
  const messageRouter = ldk.DefaultMessageRouter.constructor_new(graph, keys.as_EntropySource())
  return { ldk, fees, broadcaster, logger, monitors, keys, router, messageRouter, config: config(ldk) }
}

export type NodeParts = ReturnType<typeof nodeParts>

function config(ldk: Ldk): UserConfig {
  const whole = ldk.UserConfig.constructor_default()
  const handshake = whole.get_channel_handshake_config()
  handshake.set_minimum_depth(1)
  handshake.set_max_inbound_htlc_value_in_flight_percent_of_channel(100)
  handshake.set_their_channel_reserve_proportional_millionths(0)
  handshake.set_our_max_accepted_htlcs(MOST_IN_FLIGHT)
  whole.set_channel_handshake_config(handshake)
  const channel = whole.get_channel_config()
  channel.set_forwarding_fee_base_msat(0)
  channel.set_forwarding_fee_proportional_millionths(0)
  channel.set_cltv_expiry_delta(HOP_CLTV)
  channel.set_max_dust_htlc_exposure(ldk.MaxDustHTLCExposure.constructor_fixed_limit_msat(MOST_DUST_MSAT))
  whole.set_channel_config(channel)
  whole.set_accept_forwards_to_priv_channels(true)
  return whole
}

/** A node that begins at the end of the chain: it has no channel, so it need not know what was before. */
export function newManager(parts: NodeParts, tip: Tip, unixSeconds: number): ChannelManager {
  const { ldk, keys } = parts
  const best = ldk.BestBlock.constructor_new(tip.hash, tip.height)
  const chain = ldk.ChainParameters.constructor_new(ldk.Network.LDKNetwork_Regtest, best)
  return ldk.ChannelManager.constructor_new(
    parts.fees, parts.monitors.as_Watch(), parts.broadcaster, parts.router.as_Router(), parts.messageRouter.as_MessageRouter(), parts.logger,
    keys.as_EntropySource(), keys.as_NodeSigner(), keys.as_SignerProvider(), parts.config, chain, unixSeconds,
  ) // prettier-ignore
}

/**
 * A node as it was left.
 * @param manager and monitors of one and the same moment
 * @throws LabError "store.corrupt"
 */
export function readManager(parts: NodeParts, manager: Uint8Array, monitors: Uint8Array[]): ChannelManager {
  const { ldk, keys } = parts
  const channels: ChannelMonitor[] = monitors.map((bytes) => {
    const read = ldk.UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelMonitorZ_read(bytes, keys.as_EntropySource(), keys.as_SignerProvider())
    if (!(read instanceof ldk.Result_C2Tuple_ThirtyTwoBytesChannelMonitorZDecodeErrorZ_OK)) throw damaged()
    return read.res.get_b()
  })
  const read = ldk.UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelManagerZ_read(
    manager, keys.as_EntropySource(), keys.as_NodeSigner(), keys.as_SignerProvider(), parts.fees, parts.monitors.as_Watch(), parts.broadcaster,
    parts.router.as_Router(), parts.messageRouter.as_MessageRouter(), parts.logger, parts.config, channels,
  ) // prettier-ignore
  if (!(read instanceof ldk.Result_C2Tuple_ThirtyTwoBytesChannelManagerZDecodeErrorZ_OK)) throw damaged()
  for (const channel of channels) {
    if (!parts.monitors.as_Watch().watch_channel(channel.get_funding_txo().get_a(), channel).is_ok()) throw damaged()
  }
  return read.res.get_b()
}

function damaged(): LabError {
  return new LabError('store.corrupt', 'What the practice wallet kept cannot be read.', { hint: 'Forget the practice wallet and join again; it is play money.' })
}
