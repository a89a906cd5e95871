/// Lists the flaws once, as the type and as [`Flaw::ALL`].
macro_rules! flaws {
    ($($name:ident,)*) => {
        /// What is wrong with a transport.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Flaw {
            None,
            $($name,)*
        }

        impl Flaw {
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

flaws! {
    LosesEveryTenth,
    SwapsTwo,
    Doubles,
    Truncates,
    CorruptsAByte,
    StripsTheEighthBit,
    TrimsWhiteSpace,
    SwallowsEmpty,
    MergesBatches,
    LosesTheLast,
    IgnoresMax,
    RefusesAfterSending,
    MiscountsBatches,
    NeverTriesLate,
    SendsBeyondDeadline,
    DropsInsteadOfBlocking,
    BlocksAlways,
    GrowsWithoutBound,
    CountsNothing,
    DropsProperties,
    SendsToNobody,
    NeverHeals,
    ForgetsToWait,
    WaitsForNobody,
    CallsNobodyDenied,
    NeverWaitsToConnect,
    NeverGivesUpItsName,
    TakesLiveNames,
    ConfusesNames,
    PassesOverSettings,
    PassesOverValues,
    TakesAnyName,
    ReceivesBeyondDeadline,
    GivesUpEarly,
    NeverStops,
    StopsOnce,
    MixesAnswers,
    KeepsLateAnswers,
    CallsBeyondDeadline,
    HidesFaults,
    ForgetsCallers,
    ClaimsCalls,
    DeniesCalls,
    DeniesFaults,
    ClaimsIdentity,
    ClaimsHandling,
}
