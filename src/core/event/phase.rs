use super::Status;

/// Where an order is, roughly. Each status is in one phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It has not left the sender.
    Open,
    /// It is on its way to the recipient.
    Moving,
    /// Something is in the way, and may be put right.
    Problem,
    /// It is on its way back, or back.
    Returning,
    /// Usually nothing more comes.
    Closed,
    /// A test, or a word that nobody documented.
    Other,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Moving, Self::Problem, Self::Returning, Self::Closed, Self::Other];

    /// Returns the word that events carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Moving => "moving",
            Self::Problem => "problem",
            Self::Returning => "returning",
            Self::Closed => "closed",
            Self::Other => "other",
        }
    }
}

impl Status {
    /// Returns the phase that the status is in.
    #[must_use]
    pub const fn phase(self) -> Phase {
        match self {
            Self::Created
            | Self::Pending
            | Self::Confirmed
            | Self::Assigned
            | Self::Processing
            | Self::Picked
            | Self::Preparing
            | Self::Packed
            | Self::InfoReceived => Phase::Open,
            Self::Shipped | Self::InTransit | Self::OutForDelivery | Self::ReadyForPickup => {
                Phase::Moving
            }
            Self::AttemptFailed
            | Self::Postponed
            | Self::OnHold
            | Self::Exception
            | Self::Expired
            | Self::CancellationPending => Phase::Problem,
            Self::Returning | Self::Returned | Self::ReturnReceived => Phase::Returning,
            Self::Delivered
            | Self::Cancelled
            | Self::Declined
            | Self::Rejected
            | Self::Failed
            | Self::Refunded
            | Self::ReturnedToStock => Phase::Closed,
            Self::Test | Self::Unknown => Phase::Other,
        }
    }
}
