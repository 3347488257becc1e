//! What was ruled of one person's values under one rule, and how many there were.

use super::about::About;
use crate::{
    flow::{Act, Form},
    policy::integration::FieldRule,
    screen::{FindingRef, Judge, Person, Ruling},
    verdict::{Code, Refusal},
};
use std::sync::Arc;

/// A ruling, taken apart, and small: there is one for every person and rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) sent: u32,
    pub(super) withheld: u32,
    /// Why not: the reason's place among the [`Reasons`].
    why: u32,
    pub(super) ruled: Ruled,
    /// The form that was allowed, or would have been tried first.
    pub(super) form: Form,
    pub(super) look: Look,
    pub(super) blocked: bool,
}

/// How a value is looked at that may leave as it is, unless it could name a host or be a file: then it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// It is read.
    Closely,
    /// It is read if it is worth searching.
    AtAGlance,
    /// It leaves unread.
    Not,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ruled {
    /// Not asked yet.
    No,
    /// It may leave as it is.
    Raw,
    /// It may leave as it is if nothing speaks against the recipient it names, however it names one, and it is one of
    /// those that its rule lists, where it lists them.
    Recipient,
    /// What is within it is asked about.
    Within,
    /// It may leave in another form.
    Reworked,
    /// It may not leave.
    Withheld,
}

pub(super) const UNASKED: Slot = Slot {
    sent: 0,
    withheld: 0,
    why: NO_REASON,
    ruled: Ruled::No,
    form: Form::Raw,
    look: Look::Closely,
    blocked: false,
};

const NO_REASON: u32 = u32::MAX;

/// Why values may not leave, each reason once where those who were asked give the same one.
#[derive(Debug, Default)]
pub(super) struct Reasons(Vec<Arc<Refusal>>);

impl Reasons {
    #[inline]
    pub(super) fn of(&self, slot: &Slot) -> Option<&Arc<Refusal>> {
        self.0.get(slot.why as usize)
    }

    /// The place of a reason. A few of the latest are looked through: more would cost more than it saves.
    fn keep(&mut self, why: Arc<Refusal>) -> u32 {
        const LATEST: usize = 4;
        let from = self.0.len().saturating_sub(LATEST);
        let mut latest = self.0.get(from..).unwrap_or_default().iter();
        let place = latest.position(|known| Arc::ptr_eq(known, &why)).map_or(self.0.len(), |at| from + at);
        if place == self.0.len() {
            self.0.push(why);
        }
        place as u32
    }
}

impl Slot {
    #[inline]
    pub(super) fn each<'t>(
        &'t self,
        person: &'t Person,
        rule: &'t Arc<FieldRule>,
        why: Option<&'t Arc<Refusal>>,
        see: &mut impl FnMut(FindingRef<'t>),
    ) {
        if self.ruled == Ruled::No {
            return;
        }
        let form = self.form;
        if self.sent > 0 {
            see(FindingRef { person, rule, form, act: form.act(), count: self.sent.into(), withheld: None });
        }
        if self.withheld > 0 {
            see(FindingRef { person, rule, form, act: Act::Stripped, count: self.withheld.into(), withheld: why });
        }
        if self.blocked {
            see(FindingRef { person, rule, form, act: Act::Blocked, count: 1, withheld: why });
        }
    }

    #[inline]
    pub(super) fn ask(
        &mut self,
        person: &Person,
        rule: &FieldRule,
        about: &About,
        reasons: &mut Reasons,
        judge: &mut dyn Judge,
    ) -> Result<(), Box<Refusal>> {
        if about.within {
            self.ruled = Ruled::Within;
            return Ok(());
        }
        match judge.judge(person, rule) {
            Ruling::Send(Form::Raw) if !rule.only => {
                self.ruled = if about.every { Ruled::Recipient } else { Ruled::Raw };
                self.look = match about {
                    About { every: false, plain: true, searched: true, .. } => Look::AtAGlance,
                    About { every: false, plain: true, searched: false, .. } => Look::Not,
                    _ => Look::Closely,
                };
            }
            Ruling::Send(form) if rule.otherwise == Some(form) => (self.ruled, self.form) = (Ruled::Reworked, form),
            Ruling::Send(_) => {
                let detail =
                    format!("a form was allowed that the rule {} does not name; this is a fault of ours", rule.path);
                return Err(Box::new(Refusal::plain(Code::Internal, detail)));
            }
            Ruling::Withhold(why) => {
                self.form = first_form(rule);
                self.why = reasons.keep(why);
                self.ruled = Ruled::Withheld;
            }
        }
        Ok(())
    }
}

fn first_form(rule: &FieldRule) -> Form {
    rule.forms().next().unwrap_or(Form::Raw)
}
