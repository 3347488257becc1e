//! From what was parsed to what can be asked, with the types of RFC 9535 section 2.4.3: what is no condition, no value
//! or no query where one is needed is an error when policies are loaded.

use super::{Comparison, Filter, Number, Operand, Query, Scalar, Way};
use crate::policy::selector::{Pattern, SelectorError, regexp::Kind};
use jsonpath_rust::parser::model::{
    Comparable, Comparison as ParsedComparison, Filter as Parsed, FilterAtom, FnArg, Literal, Segment,
    Selector as ParsedStep, SingularQuery, SingularQuerySegment, Test, TestFunction,
};

/// Steps a query within a filter may have: each is gone from every place that the filter is asked of.
const STEPS: usize = 8;

type Read<T> = Result<T, SelectorError>;

/// `text` is the whole selector, for the error.
pub(in crate::policy::selector) fn read(text: &str, parsed: &Parsed) -> Read<Filter> {
    Reader { text }.filter(parsed)
}

struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn filter(&self, parsed: &Parsed) -> Read<Filter> {
        let each = |many: &[Parsed]| many.iter().map(|one| self.filter(one)).collect::<Read<Vec<_>>>();
        match parsed {
            Parsed::Or(any) => each(any).map(Filter::Any),
            Parsed::And(all) => each(all).map(Filter::All),
            Parsed::Atom(FilterAtom::Filter { expr, not }) => Ok(negate(self.filter(expr)?, *not)),
            Parsed::Atom(FilterAtom::Test { expr, not }) => Ok(negate(self.test(expr)?, *not)),
            Parsed::Atom(FilterAtom::Comparison(comparison)) => {
                let (left, right) = comparison.vals();
                let how = match **comparison {
                    ParsedComparison::Eq(..) => Comparison::Equal,
                    ParsedComparison::Ne(..) => Comparison::NotEqual,
                    ParsedComparison::Gt(..) => Comparison::Greater,
                    ParsedComparison::Gte(..) => Comparison::GreaterOrEqual,
                    ParsedComparison::Lt(..) => Comparison::Less,
                    ParsedComparison::Lte(..) => Comparison::LessOrEqual,
                };
                Ok(Filter::Compare(self.comparable(left)?, how, self.comparable(right)?))
            }
        }
    }

    /// What stands by itself: a query or a function that says yes or no.
    fn test(&self, parsed: &Test) -> Read<Filter> {
        let Test::Function(function) = parsed else { return self.query(parsed).map(Filter::Exists) };
        let (value, pattern, kind) = match &**function {
            TestFunction::Match(value, pattern) => (value, pattern, Kind::Match),
            TestFunction::Search(value, pattern) => (value, pattern, Kind::Search),
            TestFunction::Length(_) | TestFunction::Count(_) | TestFunction::Value(_) => {
                let name = name(function);
                let mend = format!("compare it, such as [?{name}(@.codes) > 1]");
                return Err(self.wrong(format!("has {name}(…) by itself, which is a value and no condition"), mend));
            }
            TestFunction::Custom(..) => return Err(self.unknown(function)),
        };
        let FnArg::Literal(Literal::String(pattern)) = pattern else {
            let message = "has a pattern that is not written out: data would say what is looked for";
            return Err(self.wrong(message, "write the pattern in quotes, such as [?match(@.code, 'A[0-9]+')]"));
        };
        let value = self.argument(name(function), value)?;
        let pattern = Pattern::new(pattern, kind).map_err(|fault| self.wrong(fault.message, fault.mend))?;
        Ok(Filter::Matches(value, pattern))
    }

    fn comparable(&self, parsed: &Comparable) -> Read<Operand> {
        match parsed {
            Comparable::Literal(literal) => self.literal(literal).map(Operand::Literal),
            Comparable::Function(function) => self.function(function),
            Comparable::SingularQuery(query) => {
                let (of_record, segments) = match query {
                    SingularQuery::Current(segments) => (false, segments),
                    SingularQuery::Root(segments) => (true, segments),
                };
                self.bound(segments.len())?;
                let ways = segments.iter().map(|segment| match segment {
                    SingularQuerySegment::Name(name) => Way::Name(name.as_str().into()),
                    SingularQuerySegment::Index(at) => index(*at),
                });
                Ok(Operand::Value(Query { of_record, ways: ways.collect() }))
            }
        }
    }

    /// A function that gives a value.
    fn function(&self, parsed: &TestFunction) -> Read<Operand> {
        match parsed {
            TestFunction::Length(of) => Ok(Operand::Length(Box::new(self.argument("length", of)?))),
            TestFunction::Count(of) => self.nodes("count", of).map(Operand::Count),
            TestFunction::Value(of) => self.nodes("value", of).map(Operand::Value),
            TestFunction::Match(..) | TestFunction::Search(..) => {
                let name = name(parsed);
                let mend = format!("let it stand by itself, such as [?{name}(@.code, 'A[0-9]+')]");
                Err(self.wrong(format!("uses {name}(…) as a value, and it is a condition"), mend))
            }
            TestFunction::Custom(..) => Err(self.unknown(parsed)),
        }
    }

    /// An argument that is a value.
    fn argument(&self, function: &str, parsed: &FnArg) -> Read<Operand> {
        match parsed {
            FnArg::Literal(literal) => self.literal(literal).map(Operand::Literal),
            FnArg::Test(test) => match &**test {
                Test::Function(inner) => self.function(inner),
                query => {
                    let query = self.query(query)?;
                    if !query.ways.iter().all(|way| matches!(way, Way::Name(_) | Way::Index(_) | Way::FromEnd(_))) {
                        let mend =
                            format!("name one place, such as {function}(@.codes), or write value(…) or count(…)");
                        return Err(self.wrong(format!("gives {function}(…) several places"), mend));
                    }
                    Ok(Operand::Value(query))
                }
            },
            FnArg::Filter(_) => {
                let mend = format!("name a place, such as {function}(@.codes)");
                Err(self.wrong(format!("gives {function}(…) a condition"), mend))
            }
        }
    }

    /// An argument that is a query.
    fn nodes(&self, function: &str, parsed: &FnArg) -> Read<Query> {
        match parsed {
            FnArg::Test(test) if !matches!(**test, Test::Function(_)) => self.query(test),
            _ => {
                let mend = format!("write the places, such as {function}(@.codes[*])");
                Err(self.wrong(format!("gives {function}(…) something that is no query"), mend))
            }
        }
    }

    fn query(&self, parsed: &Test) -> Read<Query> {
        let (of_record, segments) = match parsed {
            Test::RelQuery(segments) => (false, segments),
            Test::AbsQuery(query) => (true, &query.segments),
            Test::Function(function) => return Err(self.unknown(function)),
        };
        self.bound(segments.len())?;
        let ways = segments.iter().map(|segment| self.way(segment)).collect::<Read<_>>()?;
        Ok(Query { of_record, ways })
    }

    fn bound(&self, steps: usize) -> Read<()> {
        if steps <= STEPS {
            return Ok(());
        }
        let mend = format!("name a place at most {STEPS} steps from @ or $, and filter further in: $.a.b[?@.c == 1]");
        Err(self.wrong(format!("has a filter that looks more than {STEPS} steps far"), mend))
    }

    fn way(&self, parsed: &Segment) -> Read<Way> {
        let step = match parsed {
            Segment::Selector(step) => step,
            Segment::Selectors(_) => {
                let mend = "name one place at a time, and join conditions with && or ||";
                return Err(self.wrong("has a filter that looks at several places side by side", mend));
            }
            Segment::Descendant(_) => {
                let mend = "name the way to the place within the filter; only the selector itself may have one '..'";
                return Err(self.wrong("has a filter that looks at any depth (..)", mend));
            }
        };
        match step {
            ParsedStep::Name(name) => Ok(Way::Name(name.as_str().into())),
            ParsedStep::Index(at) => Ok(index(*at)),
            ParsedStep::Wildcard => Ok(Way::Each),
            ParsedStep::Slice(from, to, None | Some(1)) => {
                let front = |at: Option<i64>, or: u64| at.map_or(Some(or), |at| u64::try_from(at).ok());
                match (front(*from, 0), front(*to, u64::MAX)) {
                    (Some(from), Some(to)) => Ok(Way::Elements(from, to)),
                    _ => Err(self.wrong("has a slice that counts from the end of an array", "count from the front")),
                }
            }
            ParsedStep::Slice(..) => Err(self.wrong("has a slice whose step is not 1", "use a slice without a step")),
            ParsedStep::Filter(inner) => self.filter(inner).map(|filter| Way::Where(Box::new(filter))),
        }
    }

    fn literal(&self, parsed: &Literal) -> Read<Scalar> {
        let number = |number: f64| Scalar::Number(Number::of(number));
        Ok(match parsed {
            Literal::String(text) => Scalar::Text(text.as_str().into()),
            Literal::Int(whole) => number(*whole as f64),
            Literal::Float(decimal) if decimal.is_finite() => number(*decimal),
            Literal::Float(_) => {
                let message = "compares with a number that is too large for machines that read JSON";
                return Err(self.wrong(message, "write one below 1e308"));
            }
            Literal::Bool(value) => Scalar::Bool(*value),
            Literal::Null => Scalar::Null,
        })
    }

    fn unknown(&self, function: &TestFunction) -> SelectorError {
        let mend = "the functions are length(…), count(…), value(…), match(…, '…') and search(…, '…')";
        self.wrong(format!("calls {}(…), which RFC 9535 does not have", name(function)), mend)
    }

    fn wrong(&self, message: impl std::fmt::Display, mend: impl Into<String>) -> SelectorError {
        SelectorError::new(format!("'{}' {message}", self.text), mend)
    }
}

fn name(function: &TestFunction) -> &str {
    match function {
        TestFunction::Custom(name, _) => name,
        TestFunction::Length(_) => "length",
        TestFunction::Value(_) => "value",
        TestFunction::Count(_) => "count",
        TestFunction::Search(..) => "search",
        TestFunction::Match(..) => "match",
    }
}

fn index(at: i64) -> Way {
    u64::try_from(at).map_or(Way::FromEnd(at.unsigned_abs()), Way::Index)
}

fn negate(filter: Filter, not: bool) -> Filter {
    if not { Filter::Not(Box::new(filter)) } else { filter }
}
