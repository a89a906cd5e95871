use crate::LARGEST;
use samebox_core::Outgoing;
use std::io;

/// How many datagrams one run may have, in every kernel that knows runs.
pub(crate) const MOST: usize = 64;

/// A datagram that fits every route, so that its refusal means that the route takes no runs at all.
const FITS_ANY_ROUTE: usize = 1200;

/// Sends batches as runs of datagrams, and remembers what the route refuses.
#[derive(Debug)]
pub(crate) struct Runs {
    /// The largest datagram that a run may have; 0 for no runs.
    widest: usize,
}

impl Runs {
    /// Runs of any size, where the kernel `can`.
    pub(crate) const fn new(can: bool) -> Self {
        Self { widest: if can { LARGEST } else { 0 } }
    }

    /// Gives the batch to `send`, run by run, in order.
    ///
    /// # Errors
    /// What `send` said, and how many messages had gone out before. When it says `Unsupported` to a
    /// run, the run is cut up and sent again.
    pub(crate) fn send_all(
        &mut self,
        batch: &[Outgoing<'_>],
        mut send: impl FnMut(&[Outgoing<'_>]) -> io::Result<()>,
    ) -> Result<(), (usize, io::Error)> {
        let mut sent = 0;
        while let [first, ..] = &batch[sent..] {
            let lengths = batch[sent..].iter().map(|message| message.payload.len());
            let run = &batch[sent..][..run_length(lengths, self.widest)];
            match send(run) {
                Ok(()) => sent += run.len(),
                Err(refused) if refused.kind() == io::ErrorKind::Unsupported && run.len() > 1 => {
                    self.refused(first.payload.len());
                }
                Err(error) => return Err((sent, error)),
            }
        }
        Ok(())
    }

    /// The route may be too narrow for these datagrams, or take no runs; two refusals tell.
    fn refused(&mut self, segment: usize) {
        self.widest = if segment > FITS_ANY_ROUTE { FITS_ANY_ROUTE } else { 0 };
    }
}

/// How many of the payloads, of these lengths, go out in one run; at least the first.
///
/// A run has datagrams of one size, none larger than `widest`; the last may be shorter. An empty one
/// would vanish in a run, so it goes alone.
fn run_length(lengths: impl IntoIterator<Item = usize>, widest: usize) -> usize {
    let mut lengths = lengths.into_iter();
    let segment = lengths.next().unwrap_or(0);
    if segment == 0 || segment > widest {
        return 1;
    }
    let (mut count, mut total) = (1, segment);
    for length in lengths {
        total += length;
        if count == MOST || length == 0 || length > segment || total > LARGEST {
            break;
        }
        count += 1;
        if length < segment {
            break;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The lengths of all runs of a batch.
    fn runs(lengths: &[usize], widest: usize) -> Vec<Vec<usize>> {
        let mut rest = lengths;
        let mut runs = Vec::new();
        while !rest.is_empty() {
            let (run, tail) = rest.split_at(run_length(rest.iter().copied(), widest));
            runs.push(run.to_vec());
            rest = tail;
        }
        runs
    }

    #[test]
    fn equal_lengths_go_together_and_a_shorter_one_ends_them() {
        assert_eq!(runs(&[5, 5, 3, 5, 6, 6], LARGEST), [vec![5, 5, 3], vec![5], vec![6, 6]]);
        assert_eq!(runs(&[0, 0, 4, 0, 4], LARGEST), [vec![0], vec![0], vec![4], vec![0], vec![4]]);
    }

    #[test]
    fn runs_keep_the_limits_of_the_kernel() {
        let counts = |lengths: &[usize]| runs(lengths, LARGEST).iter().map(Vec::len).collect();
        let equal: Vec<usize> = counts(&[10; 130]);
        assert_eq!(equal, [64, 64, 2]);
        let large: Vec<usize> = counts(&[30_000, 30_000, 5_507, 30_000, 30_000, 5_508]);
        assert_eq!(large, [3, 2, 1]);
    }

    #[test]
    fn what_is_wider_than_the_route_goes_alone() {
        assert_eq!(runs(&[9, 9, 8, 8], 8), [vec![9], vec![9], vec![8, 8]]);
        assert_eq!(runs(&[8, 8], 0), [vec![8], vec![8]]);
    }

    /// Sends the lengths through `send`; the batch must arrive whole, whatever is refused.
    fn send_lengths(
        runs: &mut Runs,
        lengths: &[usize],
        mut send: impl FnMut(&[usize]) -> io::Result<()>,
    ) -> Result<(), (usize, io::ErrorKind)> {
        let zeroes = [0; 4096];
        let batch: Vec<_> = lengths.iter().map(|length| zeroes[..*length].into()).collect();
        let outcome = runs.send_all(&batch, |run| {
            send(&run.iter().map(|message| message.payload.len()).collect::<Vec<_>>())
        });
        outcome.map_err(|(sent, error)| (sent, error.kind()))
    }

    #[test]
    fn a_route_that_takes_no_runs_gets_single_datagrams_from_then_on() {
        let (mut runs, mut sent, mut refusals) = (Runs::new(true), Vec::new(), 0);
        for lengths in [&[4000, 4000, 9][..], &[7, 7, 7], &[2000, 2000]] {
            let mut kernel = |run: &[usize]| match run {
                [one] => {
                    sent.push(*one);
                    Ok(())
                }
                _ => {
                    refusals += 1;
                    Err(io::ErrorKind::Unsupported.into())
                }
            };
            send_lengths(&mut runs, lengths, &mut kernel).unwrap();
        }
        assert_eq!(sent, [4000, 4000, 9, 7, 7, 7, 2000, 2000]);
        assert_eq!(refusals, 2);
    }

    #[test]
    fn a_narrow_route_still_gets_runs_of_small_datagrams() {
        let (mut runs, mut sent) = (Runs::new(true), Vec::new());
        let kernel = |run: &[usize]| match run {
            [1473..=LARGEST, _, ..] => Err(io::ErrorKind::Unsupported.into()),
            _ => {
                sent.push(run.to_vec());
                Ok(())
            }
        };
        send_lengths(&mut runs, &[1500, 1500, 100, 100], kernel).unwrap();
        assert_eq!(sent, [vec![1500], vec![1500], vec![100, 100]]);
    }

    #[test]
    fn an_error_tells_how_many_went_out_before_it() {
        let mut calls = 0;
        let kernel = |_: &[usize]| {
            calls += 1;
            if calls == 2 { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok(()) }
        };
        let outcome = send_lengths(&mut Runs::new(true), &[5; 130], kernel);
        assert_eq!(outcome, Err((64, io::ErrorKind::ConnectionRefused)));
    }

    #[test]
    fn without_offload_every_message_goes_alone() {
        let kernel = |run: &[usize]| {
            assert_eq!(run.len(), 1);
            Ok(())
        };
        send_lengths(&mut Runs::new(false), &[5; 10], kernel).unwrap();
    }

    /// What the kernel makes of a run: pieces of the first payload's length.
    fn cut(run: &[Vec<u8>]) -> Vec<Vec<u8>> {
        match run {
            [one] => vec![one.clone()],
            _ => run.concat().chunks(run[0].len()).map(<[u8]>::to_vec).collect(),
        }
    }

    proptest! {
        #[test]
        fn runs_arrive_as_the_messages_that_were_sent(
            batch in prop::collection::vec(
                prop_oneof![
                    (0..4_usize, any::<u8>()).prop_map(|(size, byte)| vec![byte; size]),
                    (29_990..=30_000_usize, any::<u8>()).prop_map(|(size, byte)| vec![byte; size]),
                ],
                0..200,
            ),
            widest in prop_oneof![Just(LARGEST), Just(0), 0..5_usize],
        ) {
            let mut rest = &batch[..];
            let mut arrived = Vec::new();
            while !rest.is_empty() {
                let count = run_length(rest.iter().map(Vec::len), widest);
                prop_assert!((1..=MOST.min(rest.len())).contains(&count));
                let (run, tail) = rest.split_at(count);
                prop_assert!(count == 1 || run.iter().map(Vec::len).sum::<usize>() <= LARGEST);
                prop_assert!(count == 1 || run[0].len() <= widest);
                arrived.extend(cut(run));
                rest = tail;
            }
            prop_assert_eq!(arrived, batch);
        }
    }
}
