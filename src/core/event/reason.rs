/// Why an order has its status, in one vocabulary for all providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The names are the words of the list in `docs/event.md`.
pub enum Reason {
    Delayed,
    Weather,
    CustomsProcessing,
    CustomsHeld,
    Documents,
    PaymentDue,
    Address,
    RecipientAbsent,
    Refused,
    NotCollected,
    Held,
    Missorted,
    Damaged,
    Lost,
    Destroyed,
    CarrierRejected,
    Rescheduled,
    Neighbour,
    SafePlace,
    Signed,
    Other,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 21] = [
        Self::Delayed,
        Self::Weather,
        Self::CustomsProcessing,
        Self::CustomsHeld,
        Self::Documents,
        Self::PaymentDue,
        Self::Address,
        Self::RecipientAbsent,
        Self::Refused,
        Self::NotCollected,
        Self::Held,
        Self::Missorted,
        Self::Damaged,
        Self::Lost,
        Self::Destroyed,
        Self::CarrierRejected,
        Self::Rescheduled,
        Self::Neighbour,
        Self::SafePlace,
        Self::Signed,
        Self::Other,
    ];

    /// Returns the word that events carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delayed => "delayed",
            Self::Weather => "weather",
            Self::CustomsProcessing => "customs_processing",
            Self::CustomsHeld => "customs_held",
            Self::Documents => "documents",
            Self::PaymentDue => "payment_due",
            Self::Address => "address",
            Self::RecipientAbsent => "recipient_absent",
            Self::Refused => "refused",
            Self::NotCollected => "not_collected",
            Self::Held => "held",
            Self::Missorted => "missorted",
            Self::Damaged => "damaged",
            Self::Lost => "lost",
            Self::Destroyed => "destroyed",
            Self::CarrierRejected => "carrier_rejected",
            Self::Rescheduled => "rescheduled",
            Self::Neighbour => "neighbour",
            Self::SafePlace => "safe_place",
            Self::Signed => "signed",
            Self::Other => "other",
        }
    }
}
