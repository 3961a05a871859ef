//! Functions of the Workflow Definition Language, except those in
//! [`SHARED`](super::shared_table::SHARED).
//!
//! Functions that depend on the workflow and its run, such as `body`, belong to the environment.

use super::{ANY, Function, collection, conversion, format, lazy, math, object, text, time, uri};

/// Grouped as in the function reference.
pub(super) static WORKFLOW: &[Function] = &[
    // Strings.
    Function::eager("concat", 1, ANY, text::concat),
    Function::eager("formatNumber", 2, 3, format::format_number),
    Function::eager("guid", 0, 1, text::guid),
    Function::eager("nthIndexOf", 3, 3, text::nth_index_of),
    Function::eager("slice", 2, 3, text::slice),
    Function::eager("split", 2, 2, text::split),
    // Collections.
    Function::eager("chunk", 2, 2, collection::chunk),
    Function::eager("contains", 2, 2, collection::contains),
    Function::eager("intersection", 1, ANY, collection::intersection),
    Function::eager("length", 1, 1, collection::length),
    Function::eager("reverse", 1, 1, collection::reverse),
    Function::eager("skip", 2, 2, collection::skip),
    Function::eager("sort", 1, 2, collection::sort),
    Function::eager("take", 2, 2, collection::take),
    Function::eager("union", 1, ANY, collection::union),
    // Comparisons.
    Function::lazy("and", 1, ANY, lazy::and),
    Function::eager("isFloat", 1, 2, conversion::is_float),
    Function::eager("isInt", 1, 1, conversion::is_int),
    Function::lazy("or", 1, ANY, lazy::or),
    // Conversions.
    Function::eager("array", 1, 1, conversion::array),
    Function::eager("base64ToBinary", 1, 1, conversion::base64_to_binary),
    Function::eager("binary", 1, 1, conversion::binary),
    Function::eager("createArray", 1, ANY, collection::create_array),
    Function::eager("dataUri", 1, 1, conversion::data_uri),
    Function::eager("dataUriToBinary", 1, 1, conversion::data_uri_to_binary),
    Function::eager("decodeBase64", 1, 1, conversion::base64_to_string),
    Function::eager("decodeDataUri", 1, 1, conversion::data_uri_to_binary),
    Function::eager(
        "decodeUriComponent",
        1,
        1,
        conversion::uri_component_to_string,
    ),
    Function::eager("encodeUriComponent", 1, 1, conversion::uri_component),
    Function::eager("float", 1, 2, conversion::float),
    Function::eager(
        "uriComponentToBinary",
        1,
        1,
        conversion::uri_component_to_binary,
    ),
    // Math.
    Function::eager("rand", 2, 2, math::rand),
    Function::eager("range", 2, 2, math::range),
    // Dates and times.
    Function::eager("addDays", 2, 3, time::add_days),
    Function::eager("addHours", 2, 3, time::add_hours),
    Function::eager("addMinutes", 2, 3, time::add_minutes),
    Function::eager("addSeconds", 2, 3, time::add_seconds),
    Function::eager("addToTime", 3, 4, time::add_to_time),
    Function::eager("convertFromUtc", 2, 3, time::convert_from_utc),
    Function::eager("convertTimeZone", 3, 4, time::convert_time_zone),
    Function::eager("convertToUtc", 2, 3, time::convert_to_utc),
    Function::eager("dateDifference", 2, 2, time::date_difference),
    Function::eager("dayOfMonth", 1, 1, time::day_of_month),
    Function::eager("dayOfWeek", 1, 1, time::day_of_week),
    Function::eager("dayOfYear", 1, 1, time::day_of_year),
    Function::eager("formatDateTime", 1, 3, time::format_date_time),
    Function::eager("getFutureTime", 2, 3, time::get_future_time),
    Function::eager("getPastTime", 2, 3, time::get_past_time),
    Function::eager("parseDateTime", 1, 3, time::parse_date_time),
    Function::eager("startOfDay", 1, 2, time::start_of_day),
    Function::eager("startOfHour", 1, 2, time::start_of_hour),
    Function::eager("startOfMonth", 1, 2, time::start_of_month),
    Function::eager("subtractFromTime", 3, 4, time::subtract_from_time),
    Function::eager("ticks", 1, 1, time::ticks),
    Function::eager("utcNow", 0, 1, time::utc_now),
    // URIs.
    Function::eager("uriHost", 1, 1, uri::uri_host),
    Function::eager("uriPath", 1, 1, uri::uri_path),
    Function::eager("uriPathAndQuery", 1, 1, uri::uri_path_and_query),
    Function::eager("uriPort", 1, 1, uri::uri_port),
    Function::eager("uriQuery", 1, 1, uri::uri_query),
    Function::eager("uriScheme", 1, 1, uri::uri_scheme),
    // JSON.
    Function::eager("addProperty", 3, 3, object::add_property),
    Function::lazy("coalesce", 1, ANY, lazy::coalesce),
    Function::eager("removeProperty", 2, 2, object::remove_property),
    Function::eager("setProperty", 3, 3, object::set_property),
    // Functions of the service that are not supported.
    Function::unsupported("decimal"),
    Function::unsupported("formDataMultiValues"),
    Function::unsupported("formDataValue"),
    Function::unsupported("multipartBody"),
    Function::unsupported("triggerFormDataMultiValues"),
    Function::unsupported("triggerFormDataValue"),
    Function::unsupported("triggerMultipartBody"),
    Function::unsupported("xml"),
    Function::unsupported("xpath"),
];
