use crate::cases::{self, Case};
use crate::world::World;
use crate::{folder, obey, watchdog};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use samebox_core::{Capabilities, DynTransport, Endpoint, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The cases over one transport.
#[derive(Clone)]
pub struct Suite {
    transport: &'static dyn DynTransport,
    variants: Vec<Variant>,
    exceptions: Vec<Exception>,
    patience: Duration,
}

/// One kind of endpoint of a transport, and what differs from what the transport can do.
#[derive(Clone)]
pub struct Variant {
    name: &'static str,
    endpoint: Arc<dyn Fn(&str) -> String + Send + Sync>,
    capabilities: Arc<dyn Fn(&mut Capabilities) + Send + Sync>,
    without_bytes: &'static [u8],
    without_empty: bool,
    exceptions: Vec<Exception>,
}

/// A case that does not hold, and why.
type Exception = (&'static str, &'static str);

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What it says holds.
    Passed,
    /// It does not hold, in words.
    Failed(String),
    /// It does not apply, for this reason.
    Ignored(String),
}

impl Variant {
    /// Endpoints as `endpoint` writes them; `name` stands before the names of their cases.
    pub fn new(
        name: &'static str,
        endpoint: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            endpoint: Arc::new(endpoint),
            capabilities: Arc::new(|_| {}),
            without_bytes: b"",
            without_empty: false,
            exceptions: Vec::new(),
        }
    }

    /// Changes what these endpoints can do from what the transport can.
    #[must_use]
    pub fn capabilities(
        mut self,
        change: impl Fn(&mut Capabilities) + Send + Sync + 'static,
    ) -> Self {
        self.capabilities = Arc::new(change);
        self
    }

    /// Names bytes that no payload may have: the sender refuses them as `Malformed`.
    #[must_use]
    pub fn without_bytes(mut self, bytes: &'static [u8]) -> Self {
        self.without_bytes = bytes;
        self
    }

    /// Says that no payload may be empty: the sender refuses such as `Malformed`.
    #[must_use]
    pub fn without_empty(mut self) -> Self {
        self.without_empty = true;
        self
    }

    /// Ignores the case `case` (as `theme::name`) for these endpoints, because of `reason`.
    #[must_use]
    pub fn except(mut self, case: &'static str, reason: &'static str) -> Self {
        self.exceptions.push((case, reason));
        self
    }
}

impl Suite {
    /// The suite over `transport`, yet without a kind of endpoint.
    pub fn new(transport: &'static dyn DynTransport) -> Self {
        let (variants, exceptions) = Default::default();
        Self { transport, variants, exceptions, patience: Duration::ZERO }
            .patience(Duration::from_secs(20))
    }

    /// Runs the cases over one more kind of endpoint.
    #[must_use]
    pub fn variant(mut self, variant: Variant) -> Self {
        self.variants.push(variant);
        self
    }

    /// Ignores the case `case` (as `theme::name`) for all endpoints, because of `reason`.
    #[must_use]
    pub fn except(mut self, case: &'static str, reason: &'static str) -> Self {
        self.exceptions.push((case, reason));
        self
    }

    /// Ignores, under Wine, the case that its leaked sockets spoil: it now and then keeps those of a
    /// process that was killed while it received, so its clients are never told.
    #[must_use]
    pub fn over_sockets(self) -> Self {
        let why = "Wine now and then keeps the sockets of a process killed while it receives";
        let case = "crash::a_client_of_a_killed_server_is_told_and_heals";
        if watchdog::under_wine() { self.except(case, why) } else { self }
    }

    /// Waits this long for what must happen (20 s; four times as long on Wine).
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience * watchdog::slowness();
        self
    }

    /// Runs the cases that the command line asks for; ends the program if one fails.
    ///
    /// The command line is that of Rust's own test programs.
    ///
    /// # Panics
    /// When an exception names no case.
    pub fn run(self) {
        if obey::is_told() {
            return obey::run(self.transport);
        }
        self.check_exceptions();
        let arguments = Arguments::from_args();
        let trials = self.trials();
        let conclusion = libtest_mimic::run(&arguments, trials);
        folder::remove();
        conclusion.exit_if_failed();
    }

    fn trials(&self) -> Vec<Trial> {
        let lacking = self.lacking();
        let mut trials = Vec::new();
        for (variant, case) in self.variants.iter().flat_map(|v| cases::all().map(move |c| (v, c)))
        {
            let (suite, own) = (self.clone(), variant.clone());
            let name = variant.full_name(&case);
            trials.push(match lacking.clone() {
                Some(why) => Trial::ignorable_test(name, || Ok(Completion::ignored_with(why))),
                None => Trial::ignorable_test(name, move || suite.try_case(&own, &case)),
            });
        }
        if let (Some(_), Some(variant)) = (lacking, self.variants.first()) {
            let (suite, variant) = (self.clone(), variant.clone());
            let case = cases::ABSENCE;
            let name = case.to_string();
            trials.push(Trial::ignorable_test(name, move || suite.try_case(&variant, &case)));
        }
        trials
    }

    /// Runs one case (`theme::name`) over the first kind of endpoint.
    ///
    /// # Panics
    /// When there is no such case.
    pub fn verdict(&self, case: &str) -> Verdict {
        let found = cases::all().find(|known| known.to_string() == case);
        let found = found.unwrap_or_else(|| panic!("no case is called {case}"));
        self.judge(&self.variants[0], &found).unwrap_or_else(|| Verdict::Failed("it hangs".into()))
    }

    /// The names of all cases, as `theme::name`.
    pub fn cases() -> Vec<String> {
        cases::all().map(|case| case.to_string()).collect()
    }

    fn try_case(&self, variant: &Variant, case: &Case) -> Result<Completion, Failed> {
        match self.judge(variant, case) {
            Some(Verdict::Passed) => Ok(Completion::Completed),
            Some(Verdict::Ignored(reason)) => Ok(Completion::ignored_with(reason)),
            Some(Verdict::Failed(why)) => Err(why.into()),
            None => {
                eprintln!("\ntest {} hangs: the run ends here", variant.full_name(case));
                folder::remove();
                std::process::exit(101);
            }
        }
    }

    /// `None` when the case hangs.
    fn judge(&self, variant: &Variant, case: &Case) -> Option<Verdict> {
        let name = variant.full_name(case);
        let excepted = self.exceptions.iter().chain(&variant.exceptions);
        let mut reasons = excepted.filter(|(excepted, _)| *excepted == case.to_string());
        if let Some((_, reason)) = reasons.next() {
            return Some(Verdict::Ignored((*reason).into()));
        }
        let (suite, variant, case) = (self.clone(), variant.clone(), *case);
        let limit = self.patience * 3;
        watchdog::watch(&name, limit, move || {
            let world = suite.world(&variant);
            (case.run)(&world)
        })
    }

    /// Why this system lacks the mechanism, if it does.
    fn lacking(&self) -> Option<String> {
        let world = self.world(self.variants.first()?);
        match self.transport.bind(&world.endpoint) {
            Err(error) if error.kind() == ErrorKind::Unsupported => Some(error.why().into()),
            _ => None,
        }
    }

    fn world(&self, variant: &Variant) -> World {
        let mut can = self.transport.capabilities();
        (variant.capabilities)(&mut can);
        World {
            transport: self.transport,
            can,
            endpoint: variant.next_endpoint(),
            other: variant.next_endpoint(),
            without_bytes: variant.without_bytes,
            without_empty: variant.without_empty,
            patience: self.patience,
        }
    }

    fn check_exceptions(&self) {
        let known = Self::cases();
        let excepted = self.variants.iter().flat_map(|variant| &variant.exceptions);
        for (case, _) in excepted.chain(&self.exceptions) {
            assert!(known.iter().any(|known| known == case), "no case is called {case}");
        }
    }
}

impl Variant {
    /// An endpoint with a name that was not used before.
    fn next_endpoint(&self) -> Endpoint {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let text = (self.endpoint)(&format!("c{}-{number}", std::process::id()));
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    fn full_name(&self, case: &Case) -> String {
        if self.name.is_empty() { case.to_string() } else { format!("{}::{case}", self.name) }
    }
}
