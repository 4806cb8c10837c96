/// The status of an order, in one vocabulary for all providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The names are the words of the table in `docs/event.md`.
pub enum Status {
    Created,
    Pending,
    Confirmed,
    Assigned,
    Processing,
    Picked,
    Preparing,
    Packed,
    InfoReceived,
    ReadyForPickup,
    Shipped,
    InTransit,
    OutForDelivery,
    Delivered,
    Postponed,
    OnHold,
    Exception,
    AttemptFailed,
    CancellationPending,
    Expired,
    Cancelled,
    Declined,
    Rejected,
    Failed,
    Refunded,
    Returning,
    Returned,
    ReturnReceived,
    ReturnedToStock,
    Test,
    Unknown,
}

impl Status {
    /// Every status, roughly in the order in which an order passes through them.
    pub const ALL: [Self; 31] = [
        Self::Created,
        Self::Pending,
        Self::Confirmed,
        Self::Assigned,
        Self::Processing,
        Self::Picked,
        Self::Preparing,
        Self::Packed,
        Self::InfoReceived,
        Self::ReadyForPickup,
        Self::Shipped,
        Self::InTransit,
        Self::OutForDelivery,
        Self::Delivered,
        Self::Postponed,
        Self::OnHold,
        Self::Exception,
        Self::AttemptFailed,
        Self::CancellationPending,
        Self::Expired,
        Self::Cancelled,
        Self::Declined,
        Self::Rejected,
        Self::Failed,
        Self::Refunded,
        Self::Returning,
        Self::Returned,
        Self::ReturnReceived,
        Self::ReturnedToStock,
        Self::Test,
        Self::Unknown,
    ];

    /// Returns the word that events carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Assigned => "assigned",
            Self::Processing => "processing",
            Self::Picked => "picked",
            Self::Preparing => "preparing",
            Self::Packed => "packed",
            Self::InfoReceived => "info_received",
            Self::ReadyForPickup => "ready_for_pickup",
            Self::Shipped => "shipped",
            Self::InTransit => "in_transit",
            Self::OutForDelivery => "out_for_delivery",
            Self::Delivered => "delivered",
            Self::Postponed => "postponed",
            Self::OnHold => "on_hold",
            Self::Exception => "exception",
            Self::AttemptFailed => "attempt_failed",
            Self::CancellationPending => "cancellation_pending",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Declined => "declined",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
            Self::Returning => "returning",
            Self::Returned => "returned",
            Self::ReturnReceived => "return_received",
            Self::ReturnedToStock => "returned_to_stock",
            Self::Test => "test",
            Self::Unknown => "unknown",
        }
    }

    /// Whether usually no other status follows. A provider's own table takes precedence.
    #[must_use]
    pub const fn ends(self) -> bool {
        matches!(
            self,
            Self::Delivered
                | Self::Cancelled
                | Self::Declined
                | Self::Rejected
                | Self::Failed
                | Self::Refunded
                | Self::Returned
                | Self::ReturnedToStock
        )
    }
}
