//! The suite that every samebox transport passes.
