use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on stderr, which is there on a terminal only.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar of so many steps.
    pub(crate) fn new(steps: u64) -> Self {
        // Drawing takes time from what is measured, so it is rare.
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr_with_hz(4));
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}");
        Self(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    /// Names what is being done.
    pub(crate) fn name(&self, what: &str) {
        self.0.set_message(what.to_string());
    }

    /// One step is done.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// All is done; the bar goes.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
