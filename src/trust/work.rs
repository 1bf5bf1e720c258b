//! How much is done before it is given up.

/// What is left of the caps.
#[derive(Clone, Debug)]
pub(super) struct Work {
    signatures: u32,
    steps: u32,
}

/// A cap was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Work {
    pub(super) const fn new(signatures: u32, steps: u32) -> Self {
        Self { signatures, steps }
    }

    pub(super) fn step(&mut self) -> Result<(), Exhausted> {
        self.steps = self.steps.checked_sub(1).ok_or(Exhausted)?;
        Ok(())
    }

    /// Many steps at once.
    pub(super) fn steps(&mut self, count: usize) -> Result<(), Exhausted> {
        let count = u32::try_from(count).or(Err(Exhausted))?;
        self.steps = self.steps.checked_sub(count).ok_or(Exhausted)?;
        Ok(())
    }

    pub(super) fn signature(&mut self) -> Result<(), Exhausted> {
        self.signatures = self.signatures.checked_sub(1).ok_or(Exhausted)?;
        Ok(())
    }

    /// How many signature checks are left.
    pub(super) const fn signatures_left(&self) -> u32 {
        self.signatures
    }
}
