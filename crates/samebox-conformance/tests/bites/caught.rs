use crate::flaw::Flaw;

/// The flaws, and the cases that must catch each.
pub(crate) const CAUGHT: &[(Flaw, &[&str])] = &[
    (
        Flaw::LosesEveryTenth,
        &[
            "delivery::one_client_keeps_its_order",
            "delivery::send_many_equals_sends",
            "delivery::eight_clients_lose_and_double_nothing",
            "backpressure::with_block_a_slow_receiver_loses_nothing",
        ],
    ),
    (
        Flaw::SwapsTwo,
        &[
            "delivery::one_client_keeps_its_order",
            "delivery::eight_clients_lose_and_double_nothing",
        ],
    ),
    (
        Flaw::Doubles,
        &[
            "delivery::one_message_arrives_whole_and_once",
            "delivery::send_many_equals_sends",
            "delivery::eight_clients_lose_and_double_nothing",
        ],
    ),
    (
        Flaw::Truncates,
        &[
            "boundaries::every_size_around_powers_of_two_arrives_whole",
            "delivery::eight_clients_lose_and_double_nothing",
        ],
    ),
    (
        Flaw::CorruptsAByte,
        &[
            "delivery::one_message_arrives_whole_and_once",
            "delivery::eight_clients_lose_and_double_nothing",
        ],
    ),
    (
        Flaw::StripsTheEighthBit,
        &[
            "boundaries::every_byte_it_can_carry_arrives",
            "boundaries::odd_payloads_arrive_whole_or_are_refused",
        ],
    ),
    (Flaw::TrimsWhiteSpace, &["boundaries::odd_payloads_arrive_whole_or_are_refused"]),
    (
        Flaw::SwallowsEmpty,
        &["boundaries::an_empty_message_is_a_message", "delivery::send_many_equals_sends"],
    ),
    (Flaw::MergesBatches, &["delivery::send_many_equals_sends"]),
    (
        Flaw::LosesTheLast,
        &[
            "delivery::one_message_arrives_whole_and_once",
            "delivery::sent_before_close_is_delivered",
        ],
    ),
    (
        Flaw::IgnoresMax,
        &[
            "limits::a_message_above_max_is_refused_and_the_next_arrives",
            "limits::a_batch_tells_how_many_went_out_before_one_too_large",
            "limits::a_question_above_max_is_refused_and_the_next_is_answered",
            "limits::a_client_with_a_larger_max_cannot_exceed_the_servers",
            "calls::an_answer_above_the_callers_limit_is_refused",
        ],
    ),
    (Flaw::RefusesAfterSending, &["limits::a_message_above_max_is_refused_and_the_next_arrives"]),
    (Flaw::MiscountsBatches, &["limits::a_batch_tells_how_many_went_out_before_one_too_large"]),
    (Flaw::NeverTriesLate, &["delivery::a_passed_deadline_still_tries_once"]),
    (Flaw::SendsBeyondDeadline, &["backpressure::with_block_a_full_receiver_times_its_sender_out"]),
    (
        Flaw::DropsInsteadOfBlocking,
        &[
            "backpressure::with_block_a_slow_receiver_loses_nothing",
            "backpressure::with_block_a_full_receiver_times_its_sender_out",
        ],
    ),
    (
        Flaw::BlocksAlways,
        &[
            "backpressure::with_reject_a_full_receiver_refuses",
            "backpressure::with_drop_new_the_oldest_stay",
            "backpressure::with_drop_old_the_newest_stay",
        ],
    ),
    (
        Flaw::GrowsWithoutBound,
        &[
            "backpressure::with_block_a_full_receiver_times_its_sender_out",
            "backpressure::with_reject_a_full_receiver_refuses",
            "backpressure::with_drop_new_the_oldest_stay",
        ],
    ),
    (
        Flaw::CountsNothing,
        &[
            "delivery::one_message_arrives_whole_and_once",
            "backpressure::with_drop_new_the_oldest_stay",
            "backpressure::with_drop_old_the_newest_stay",
        ],
    ),
    (
        Flaw::DropsProperties,
        &[
            "properties::a_property_it_lacks_is_refused_and_nothing_is_sent",
            "properties::properties_it_has_arrive_with_their_message",
        ],
    ),
    (
        Flaw::SendsToNobody,
        &[
            "restart::after_its_server_left_send_or_flush_tells",
            "restart::a_client_heals_when_a_new_server_binds",
            "restart::a_blocked_send_ends_when_its_server_goes",
        ],
    ),
    (Flaw::NeverHeals, &["restart::a_client_heals_when_a_new_server_binds"]),
    (Flaw::ForgetsToWait, &["restart::with_wait_a_client_bridges_a_restart"]),
    (Flaw::WaitsForNobody, &["naming::connecting_to_nobody_fails_at_once"]),
    (Flaw::CallsNobodyDenied, &["naming::connecting_to_nobody_fails_at_once"]),
    (Flaw::NeverWaitsToConnect, &["naming::a_client_may_start_before_its_server"]),
    (
        Flaw::NeverGivesUpItsName,
        &[
            "naming::a_name_is_free_at_once_after_its_server",
            "naming::connecting_to_nobody_fails_at_once",
            "restart::a_client_heals_when_a_new_server_binds",
            "deadlines::a_stopper_outlives_its_server_and_stops_no_other",
        ],
    ),
    (
        Flaw::TakesLiveNames,
        &[
            "naming::a_live_servers_name_is_never_taken",
            "naming::a_busy_servers_name_is_never_taken",
            "naming::racing_servers_have_one_winner",
        ],
    ),
    (Flaw::ConfusesNames, &["naming::two_names_do_not_mix"]),
    (Flaw::PassesOverSettings, &["settings::an_unknown_setting_is_told_the_known_ones"]),
    (Flaw::PassesOverValues, &["settings::a_wrong_value_is_told_what_is_right"]),
    (Flaw::TakesAnyName, &["settings::a_name_that_cannot_be_is_told_what_may"]),
    (
        Flaw::ReceivesBeyondDeadline,
        &[
            "deadlines::recv_gives_up_at_its_deadline",
            "deadlines::recv_with_a_passed_deadline_does_not_wait",
        ],
    ),
    // Not by `a_message_ends_a_waiting_recv`: there the message may come first.
    (Flaw::GivesUpEarly, &["deadlines::recv_gives_up_at_its_deadline"]),
    (
        Flaw::NeverStops,
        &["deadlines::the_stopper_ends_a_waiting_recv", "deadlines::the_stopper_is_for_good"],
    ),
    (Flaw::StopsOnce, &["deadlines::the_stopper_is_for_good"]),
    (Flaw::MixesAnswers, &["calls::answers_may_come_in_any_order"]),
    (Flaw::KeepsLateAnswers, &["calls::a_late_answer_is_dropped_and_the_next_is_the_right_one"]),
    (Flaw::CallsBeyondDeadline, &["calls::a_call_ends_at_its_deadline"]),
    (
        Flaw::HidesFaults,
        &[
            "calls::a_fault_reaches_the_caller_in_the_servers_words",
            "calls::a_dropped_call_tells_its_caller",
        ],
    ),
    (
        Flaw::ForgetsCallers,
        &["calls::a_dropped_call_tells_its_caller", "calls::a_call_ends_when_its_server_goes"],
    ),
    (Flaw::ClaimsCalls, &["calls::an_answer_reaches_its_caller"]),
    (Flaw::DeniesCalls, &["calls::without_duplex_there_are_no_calls"]),
    (Flaw::DeniesFaults, &["calls::without_faults_a_server_is_told_so"]),
    (Flaw::ClaimsIdentity, &["identity::the_server_learns_who_sent"]),
    (
        Flaw::ClaimsHandling,
        &[
            "handling::a_send_returns_when_the_message_is_dropped_and_not_before",
            "handling::an_unhandled_message_times_its_sender_out_and_the_next_arrives",
            "handling::a_batch_may_be_handled_in_any_order",
        ],
    ),
];
