//! What was ruled of one person's values under one rule, and how many there were.

use super::about::About;
use crate::{
    flow::{Act, Form},
    policy::integration::FieldRule,
    screen::{FindingRef, Judge, Person, Ruling},
    verdict::{Code, Refusal},
};
use std::sync::Arc;

/// A ruling, taken apart: moving [`Ruling`]s about costs more than everything else that is done to a value.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) ruled: Ruled,
    /// The form that was allowed, or would have been tried first.
    pub(super) form: Form,
    /// Why not.
    pub(super) why: Option<Arc<Refusal>>,
    pub(super) sent: u32,
    pub(super) withheld: u32,
    pub(super) blocked: bool,
    /// It may leave as it is, unread, unless a value looks as if it must be read.
    pub(super) plain: bool,
    /// Whether values are searched.
    pub(super) searched: bool,
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
    ruled: Ruled::No,
    form: Form::Raw,
    why: None,
    sent: 0,
    withheld: 0,
    blocked: false,
    plain: false,
    searched: false,
};

impl Slot {
    #[inline]
    pub(super) fn each<'t>(
        &'t self,
        person: &'t Person,
        rule: &'t Arc<FieldRule>,
        unreadable: Option<&'t Arc<Refusal>>,
        see: &mut impl FnMut(FindingRef<'t>),
    ) {
        if self.ruled == Ruled::No {
            return;
        }
        let form = self.form;
        if self.sent > 0 {
            see(FindingRef { person, rule, form, act: form.act(), count: self.sent.into(), withheld: None });
        }
        let withheld = self.why.as_ref().or(unreadable);
        if self.withheld > 0 {
            see(FindingRef { person, rule, form, act: Act::Stripped, count: self.withheld.into(), withheld });
        }
        if self.blocked {
            see(FindingRef { person, rule, form, act: Act::Blocked, count: 1, withheld });
        }
    }

    #[inline]
    pub(super) fn ask(
        &mut self,
        person: &Person,
        rule: &FieldRule,
        about: &About,
        judge: &mut dyn Judge,
    ) -> Result<(), Box<Refusal>> {
        if about.within {
            self.ruled = Ruled::Within;
            return Ok(());
        }
        match judge.judge(person, rule) {
            Ruling::Send(Form::Raw) if !rule.only => {
                self.ruled = if about.every { Ruled::Recipient } else { Ruled::Raw };
                (self.plain, self.searched) = (!about.every && about.plain, about.searched);
            }
            Ruling::Send(form) if rule.otherwise == Some(form) => (self.ruled, self.form) = (Ruled::Reworked, form),
            Ruling::Send(_) => {
                let detail =
                    format!("a form was allowed that the rule {} does not name; this is a fault of ours", rule.path);
                return Err(Box::new(Refusal::plain(Code::Internal, detail)));
            }
            Ruling::Withhold(why) => {
                self.form = first_form(rule);
                self.why = Some(why);
                self.ruled = Ruled::Withheld;
            }
        }
        Ok(())
    }
}

fn first_form(rule: &FieldRule) -> Form {
    rule.forms().next().unwrap_or(Form::Raw)
}
