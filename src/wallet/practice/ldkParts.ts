// What is used of LDK's bindings, by name: the bundler leaves out the rest of the 1,500 classes. Loaded by ldk.ts only.

export {
  BestBlock, BroadcasterInterface, ChainMonitor, ChainParameters, ChannelManager, ChannelMonitorUpdateStatus, DefaultMessageRouter, DefaultRouter,
  Bolt11Invoice, EventHandler, Event_FundingGenerationReady, Event_HTLCHandlingFailed, Event_PaymentClaimable, Event_PaymentClaimed, Event_PaymentFailed,
  Event_PaymentSent, Event_PendingHTLCsForwardable, FeeEstimator, HTLCDestination_FailedPayment, IgnoringMessageHandler, KeysManager, Logger,
  MaxDustHTLCExposure, MultiThreadedLockableScore, Network, NetworkGraph, Option_FilterZ, Option_SocketAddressZ, Option_ThirtyTwoBytesZ_Some,
  Option_PaymentFailureReasonZ_Some, Option_u16Z, Option_u32Z_Some, Option_u64Z, Option_u64Z_Some, PaymentFailureReason, PaymentPurpose_Bolt11InvoicePayment, PeerManager, Persist, ProbabilisticScorer,
  ProbabilisticScoringDecayParameters, ProbabilisticScoringFeeParameters, Result_NoneReplayEventZ, Retry, SocketDescriptor, TwoTuple_usizeTransactionZ,
  UserConfig, UtilMethods, initializeWasmFromBinary,
  Result_Bolt11InvoiceParseOrSemanticErrorZ_OK, Result_Bolt11InvoiceSignOrCreationErrorZ_OK, Result_C2Tuple_ThirtyTwoBytesChannelManagerZDecodeErrorZ_OK,
  Result_C2Tuple_ThirtyTwoBytesChannelMonitorZDecodeErrorZ_OK, Result_C3Tuple_ThirtyTwoBytesRecipientOnionFieldsRouteParametersZNoneZ_OK,
  Result_CVec_u8ZPeerHandleErrorZ_OK,
} from 'lightningdevkit' // prettier-ignore
