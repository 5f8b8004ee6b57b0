//! The things that rules are about: their names for people in English and
//! Arabic, their place in the document, and their field in a request.

macro_rules! terms {
    ($($term:ident = $en:literal, $ar:literal, $path:literal, $request:literal;)*) => {
        /// Something that a document says and a rule is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Term {
            $(#[doc = $path] $term,)*
        }

        impl Term {
            /// Every term, in the order of the document.
            pub const ALL: &'static [Term] = &[$(Term::$term,)*];

            /// Name in English, without an article.
            pub const fn en(self) -> &'static str {
                match self { $(Term::$term => $en,)* }
            }

            /// Name in Arabic.
            pub const fn ar(self) -> &'static str {
                match self { $(Term::$term => $ar,)* }
            }

            /// Path below the root `Invoice`.
            pub const fn path(self) -> &'static str {
                match self { $(Term::$term => $path,)* }
            }

            /// The field of a request that sets it, `lines.` standing for one
            /// line; `None` if no request does.
            pub const fn request(self) -> Option<&'static str> {
                let field = match self { $(Term::$term => $request,)* };
                if field.is_empty() { None } else { Some(field) }
            }
        }
    };
}

terms! {
    Profile = "profile", "رمز الإجراء", "cbc:ProfileID", "";
    Number = "invoice number", "رقم الفاتورة", "cbc:ID", "";
    Uuid = "document identifier (UUID)", "معرّف المستند (UUID)", "cbc:UUID", "";
    IssueDate = "date of issue", "تاريخ الإصدار", "cbc:IssueDate", "";
    IssueTime = "time of issue", "وقت الإصدار", "cbc:IssueTime", "";
    TypeCode = "document type", "نوع المستند", "cbc:InvoiceTypeCode", "document";
    TypeName = "transaction flags", "رمز نوع المعاملة", "cbc:InvoiceTypeCode/@name", "subtype";
    Note = "note", "الملاحظة", "cbc:Note", "note";
    Currency = "document currency", "عملة المستند", "cbc:DocumentCurrencyCode", "currency.code";
    TaxCurrency = "VAT currency", "عملة الضريبة", "cbc:TaxCurrencyCode", "";
    AmountCurrency = "currency of the amount", "عملة المبلغ", "@currencyID", "";
    OrderReference = "order number", "رقم أمر الشراء", "cac:OrderReference/cbc:ID", "order_reference";
    ContractReference = "contract number", "رقم العقد", "cac:ContractDocumentReference/cbc:ID", "contract_reference";
    Original = "number of the original document", "رقم المستند الأصلي", "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID", "originals";
    OriginalDate = "date of the original document", "تاريخ المستند الأصلي", "cac:BillingReference/cac:InvoiceDocumentReference/cbc:IssueDate", "originals";
    ReferenceId = "kind of the attached reference", "نوع المرجع المرفق", "cac:AdditionalDocumentReference/cbc:ID", "";
    Counter = "invoice counter (ICV)", "عدّاد الفواتير (ICV)", "cac:AdditionalDocumentReference[cbc:ID='ICV']/cbc:UUID", "";
    PreviousHash = "hash of the previous document (PIH)", "بصمة المستند السابق (PIH)", "cac:AdditionalDocumentReference[cbc:ID='PIH']", "";
    QrCode = "QR code", "رمز الاستجابة السريعة", "cac:AdditionalDocumentReference[cbc:ID='QR']", "";
    MimeCode = "type of the attachment", "نوع المرفق", "cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@mimeCode", "";
    SignatureInformation = "identifier of the stamp's data", "معرّف بيانات الختم", "ext:UBLExtensions//sac:SignatureInformation/cbc:ID", "";
    Signature = "stamp", "الختم", "cac:Signature", "";
    SignatureId = "identifier of the stamp", "معرّف الختم", "cac:Signature/cbc:ID", "";
    SignatureMethod = "method of the stamp", "طريقة الختم", "cac:Signature/cbc:SignatureMethod", "";
    SellerName = "seller's name", "اسم البائع", "cac:AccountingSupplierParty//cbc:RegistrationName", "";
    SellerVat = "seller's VAT number", "الرقم الضريبي للبائع", "cac:AccountingSupplierParty//cbc:CompanyID", "";
    SellerId = "seller's other registration", "السجل الآخر للبائع", "cac:AccountingSupplierParty//cac:PartyIdentification/cbc:ID", "";
    SellerIdScheme = "kind of the seller's registration", "نوع سجل البائع", "cac:AccountingSupplierParty//cac:PartyIdentification/cbc:ID/@schemeID", "";
    SellerAddress = "seller's address", "عنوان البائع", "cac:AccountingSupplierParty//cac:PostalAddress", "";
    SellerStreet = "seller's street", "شارع البائع", "cac:AccountingSupplierParty//cbc:StreetName", "";
    SellerAdditionalStreet = "seller's additional street", "الشارع الإضافي للبائع", "cac:AccountingSupplierParty//cbc:AdditionalStreetName", "";
    SellerBuilding = "seller's building number", "رقم مبنى البائع", "cac:AccountingSupplierParty//cbc:BuildingNumber", "";
    SellerDistrict = "seller's district", "حي البائع", "cac:AccountingSupplierParty//cbc:CitySubdivisionName", "";
    SellerCity = "seller's city", "مدينة البائع", "cac:AccountingSupplierParty//cbc:CityName", "";
    SellerPostalCode = "seller's postal code", "الرمز البريدي للبائع", "cac:AccountingSupplierParty//cbc:PostalZone", "";
    SellerProvince = "seller's province", "منطقة البائع", "cac:AccountingSupplierParty//cbc:CountrySubentity", "";
    SellerCountry = "seller's country", "دولة البائع", "cac:AccountingSupplierParty//cac:Country/cbc:IdentificationCode", "";
    Buyer = "buyer", "المشتري", "cac:AccountingCustomerParty", "buyer";
    BuyerName = "buyer's name", "اسم المشتري", "cac:AccountingCustomerParty//cbc:RegistrationName", "buyer.name";
    BuyerVat = "buyer's VAT number", "الرقم الضريبي للمشتري", "cac:AccountingCustomerParty//cbc:CompanyID", "buyer.vat_number";
    BuyerId = "buyer's other identifier", "المعرّف الآخر للمشتري", "cac:AccountingCustomerParty//cac:PartyIdentification/cbc:ID", "buyer.id";
    BuyerIdScheme = "kind of the buyer's identifier", "نوع معرّف المشتري", "cac:AccountingCustomerParty//cac:PartyIdentification/cbc:ID/@schemeID", "buyer.id.scheme";
    BuyerAddress = "buyer's address", "عنوان المشتري", "cac:AccountingCustomerParty//cac:PostalAddress", "buyer.address";
    BuyerStreet = "buyer's street", "شارع المشتري", "cac:AccountingCustomerParty//cbc:StreetName", "buyer.address.street";
    BuyerAdditionalStreet = "buyer's additional street", "الشارع الإضافي للمشتري", "cac:AccountingCustomerParty//cbc:AdditionalStreetName", "buyer.address.additional_street";
    BuyerBuilding = "buyer's building number", "رقم مبنى المشتري", "cac:AccountingCustomerParty//cbc:BuildingNumber", "buyer.address.building";
    BuyerDistrict = "buyer's district", "حي المشتري", "cac:AccountingCustomerParty//cbc:CitySubdivisionName", "buyer.address.district";
    BuyerCity = "buyer's city", "مدينة المشتري", "cac:AccountingCustomerParty//cbc:CityName", "buyer.address.city";
    BuyerPostalCode = "buyer's postal code", "الرمز البريدي للمشتري", "cac:AccountingCustomerParty//cbc:PostalZone", "buyer.address.postal_code";
    BuyerProvince = "buyer's province", "منطقة المشتري", "cac:AccountingCustomerParty//cbc:CountrySubentity", "buyer.address.province";
    BuyerCountry = "buyer's country", "دولة المشتري", "cac:AccountingCustomerParty//cac:Country/cbc:IdentificationCode", "buyer.address.country";
    ContactName = "name of the buyer's contact", "اسم جهة اتصال المشتري", "cac:AccountingCustomerParty//cac:Contact/cbc:Name", "";
    ContactTelephone = "telephone of the buyer's contact", "هاتف جهة اتصال المشتري", "cac:AccountingCustomerParty//cac:Contact/cbc:Telephone", "";
    ContactNote = "note on the buyer's contact", "ملاحظة جهة اتصال المشتري", "cac:AccountingCustomerParty//cac:Contact/cbc:Note", "";
    Country = "country code", "رمز الدولة", "cac:Country/cbc:IdentificationCode", "";
    SupplyDate = "date of supply", "تاريخ التوريد", "cac:Delivery/cbc:ActualDeliveryDate", "supply.date";
    SupplyEnd = "end of the supply", "تاريخ انتهاء التوريد", "cac:Delivery/cbc:LatestDeliveryDate", "supply.until";
    PaymentMeans = "means of payment", "وسيلة الدفع", "cac:PaymentMeans", "tenders";
    PaymentCode = "code of the means of payment", "رمز وسيلة الدفع", "cac:PaymentMeans/cbc:PaymentMeansCode", "tenders";
    Reason = "reason of the note", "سبب الإشعار", "cac:PaymentMeans/cbc:InstructionNote", "reason";
    PayeeAccount = "payee's account", "حساب المستفيد", "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID", "";
    PaymentNote = "payment terms", "شروط الدفع", "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:PaymentNote", "";
    ChargeIndicator = "mark of discount or charge", "مؤشر الخصم أو الرسم", "cac:AllowanceCharge/cbc:ChargeIndicator", "";
    Allowance = "document discount", "خصم المستند", "cac:AllowanceCharge[cbc:ChargeIndicator='false']/cbc:Amount", "discount";
    AllowanceBase = "base of the document discount", "أساس خصم المستند", "cac:AllowanceCharge[cbc:ChargeIndicator='false']/cbc:BaseAmount", "discount";
    AllowancePercent = "percentage of the discount", "نسبة الخصم", "cac:AllowanceCharge/cbc:MultiplierFactorNumeric", "discount.percent";
    AllowanceReason = "reason of the document discount", "سبب خصم المستند", "cac:AllowanceCharge/cbc:AllowanceChargeReason", "discount.reason";
    AllowanceCategory = "VAT category of the document discount", "فئة ضريبة خصم المستند", "cac:AllowanceCharge/cac:TaxCategory/cbc:ID", "";
    AllowanceRate = "VAT rate of the document discount", "نسبة ضريبة خصم المستند", "cac:AllowanceCharge/cac:TaxCategory/cbc:Percent", "";
    Charge = "document charge", "رسم المستند", "cac:AllowanceCharge[cbc:ChargeIndicator='true']/cbc:Amount", "charges";
    ChargeBase = "base of the document charge", "أساس رسم المستند", "cac:AllowanceCharge[cbc:ChargeIndicator='true']/cbc:BaseAmount", "charges";
    ChargeCode = "code of the document charge", "رمز رسم المستند", "cac:AllowanceCharge/cbc:AllowanceChargeReasonCode", "charges.code";
    ChargeReason = "reason of the document charge", "سبب رسم المستند", "cac:AllowanceCharge/cbc:AllowanceChargeReason", "charges.reason";
    ChargeCategory = "VAT category of the document charge", "فئة ضريبة رسم المستند", "cac:AllowanceCharge/cac:TaxCategory/cbc:ID", "charges.vat";
    ChargeRate = "VAT rate of the document charge", "نسبة ضريبة رسم المستند", "cac:AllowanceCharge/cac:TaxCategory/cbc:Percent", "charges.vat";
    LineAllowance = "discount of the line", "خصم البند", "cac:InvoiceLine/cac:AllowanceCharge[cbc:ChargeIndicator='false']/cbc:Amount", "lines.discount";
    LineAllowanceBase = "base of the line's discount", "أساس خصم البند", "cac:InvoiceLine/cac:AllowanceCharge/cbc:BaseAmount", "lines.discount";
    LineAllowanceReason = "reason of the line's discount", "سبب خصم البند", "cac:InvoiceLine/cac:AllowanceCharge/cbc:AllowanceChargeReason", "lines.discount.reason";
    LineCharge = "charge of the line", "رسم البند", "cac:InvoiceLine/cac:AllowanceCharge[cbc:ChargeIndicator='true']/cbc:Amount", "lines.charge";
    LineChargeBase = "base of the line's charge", "أساس رسم البند", "cac:InvoiceLine/cac:AllowanceCharge/cbc:BaseAmount", "lines.charge";
    LineChargeCode = "code of the line's charge", "رمز رسم البند", "cac:InvoiceLine/cac:AllowanceCharge/cbc:AllowanceChargeReasonCode", "lines.charge.code";
    LineChargeReason = "reason of the line's charge", "سبب رسم البند", "cac:InvoiceLine/cac:AllowanceCharge/cbc:AllowanceChargeReason", "lines.charge.reason";
    ExchangeRate = "exchange rate", "سعر الصرف", "cac:TaxExchangeRate/cbc:CalculationRate", "currency.rate";
    ExchangeSource = "currency of the exchange rate", "عملة سعر الصرف", "cac:TaxExchangeRate/cbc:SourceCurrencyCode", "currency.code";
    ExchangeTarget = "target currency of the exchange rate", "العملة المستهدفة لسعر الصرف", "cac:TaxExchangeRate/cbc:TargetCurrencyCode", "";
    TaxTotals = "VAT totals", "مجاميع الضريبة", "cac:TaxTotal", "";
    TaxTotal = "VAT total", "إجمالي الضريبة", "cac:TaxTotal/cbc:TaxAmount", "";
    TaxTotalAccounting = "VAT total in riyals", "إجمالي الضريبة بالريال", "cac:TaxTotal[not(cac:TaxSubtotal)]/cbc:TaxAmount", "";
    Subtotals = "VAT breakdown", "تفصيل الضريبة", "cac:TaxTotal/cac:TaxSubtotal", "";
    SubtotalTaxable = "taxable amount of the VAT group", "المبلغ الخاضع للضريبة للفئة", "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxableAmount", "";
    SubtotalTax = "VAT of the VAT group", "ضريبة الفئة", "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount", "";
    SubtotalCategory = "VAT category of the group", "فئة الضريبة للمجموعة", "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID", "lines.vat";
    SubtotalRate = "VAT rate of the group", "نسبة الضريبة للمجموعة", "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:Percent", "lines.vat";
    ExemptionCode = "code of the reason for no VAT", "رمز سبب عدم احتساب الضريبة", "cac:TaxCategory/cbc:TaxExemptionReasonCode", "lines.vat.reason_code";
    ExemptionReason = "reason for no VAT", "سبب عدم احتساب الضريبة", "cac:TaxCategory/cbc:TaxExemptionReason", "lines.vat.reason";
    TotalLineNet = "sum of the lines without VAT", "مجموع البنود بدون الضريبة", "cac:LegalMonetaryTotal/cbc:LineExtensionAmount", "";
    TotalExclusive = "total without VAT", "الإجمالي بدون الضريبة", "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount", "";
    TotalInclusive = "total with VAT", "الإجمالي شامل الضريبة", "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount", "";
    TotalAllowances = "sum of document discounts", "مجموع خصومات المستند", "cac:LegalMonetaryTotal/cbc:AllowanceTotalAmount", "";
    TotalCharges = "sum of document charges", "مجموع رسوم المستند", "cac:LegalMonetaryTotal/cbc:ChargeTotalAmount", "";
    Prepaid = "amount paid in advance", "المبلغ المدفوع مقدمًا", "cac:LegalMonetaryTotal/cbc:PrepaidAmount", "prepayments";
    Rounding = "payable rounding", "تقريب المبلغ المستحق", "cac:LegalMonetaryTotal/cbc:PayableRoundingAmount", "rounding";
    Payable = "amount payable", "المبلغ المستحق", "cac:LegalMonetaryTotal/cbc:PayableAmount", "";
    Lines = "lines", "البنود", "cac:InvoiceLine", "lines";
    LineId = "line number", "رقم البند", "cac:InvoiceLine/cbc:ID", "";
    LineNote = "note of the line", "ملاحظة البند", "cac:InvoiceLine/cbc:Note", "";
    Quantity = "quantity", "الكمية", "cac:InvoiceLine/cbc:InvoicedQuantity", "lines.quantity";
    Unit = "unit of measure", "وحدة القياس", "cac:InvoiceLine/cbc:InvoicedQuantity/@unitCode", "lines.unit";
    LineNet = "line amount without VAT", "مبلغ البند بدون الضريبة", "cac:InvoiceLine/cbc:LineExtensionAmount", "lines";
    LineTax = "VAT of the line", "ضريبة البند", "cac:InvoiceLine/cac:TaxTotal/cbc:TaxAmount", "lines";
    LineGross = "line amount with VAT", "مبلغ البند شامل الضريبة", "cac:InvoiceLine/cac:TaxTotal/cbc:RoundingAmount", "lines";
    ItemName = "name of the item", "اسم الصنف", "cac:InvoiceLine/cac:Item/cbc:Name", "lines.name";
    BuyersItemId = "buyer's number of the item", "رقم الصنف لدى المشتري", "cac:InvoiceLine/cac:Item/cac:BuyersItemIdentification/cbc:ID", "";
    SellersItemId = "article number", "رقم الصنف لدى البائع", "cac:InvoiceLine/cac:Item/cac:SellersItemIdentification/cbc:ID", "lines.article";
    StandardItemId = "barcode", "الباركود", "cac:InvoiceLine/cac:Item/cac:StandardItemIdentification/cbc:ID", "lines.barcode";
    ItemProperty = "property of the item", "خاصية الصنف", "cac:InvoiceLine/cac:Item/cac:AdditionalItemProperty", "";
    LineCategory = "VAT category of the line", "فئة ضريبة البند", "cac:InvoiceLine/cac:Item/cac:ClassifiedTaxCategory/cbc:ID", "lines.vat";
    LineRate = "VAT rate of the line", "نسبة ضريبة البند", "cac:InvoiceLine/cac:Item/cac:ClassifiedTaxCategory/cbc:Percent", "lines.vat";
    Price = "unit price", "سعر الوحدة", "cac:InvoiceLine/cac:Price/cbc:PriceAmount", "lines";
    BaseQuantity = "quantity that the price is for", "كمية أساس السعر", "cac:InvoiceLine/cac:Price/cbc:BaseQuantity", "";
    BaseUnit = "unit of the price's quantity", "وحدة كمية السعر", "cac:InvoiceLine/cac:Price/cbc:BaseQuantity/@unitCode", "";
    PriceAllowance = "discount inside the price", "الخصم داخل السعر", "cac:InvoiceLine/cac:Price/cac:AllowanceCharge", "";
    PrepaymentNumber = "number of the prepayment invoice", "رقم فاتورة الدفعة المقدمة", "cac:InvoiceLine/cac:DocumentReference/cbc:ID", "prepayments.number";
    PrepaymentDate = "date of the prepayment invoice", "تاريخ فاتورة الدفعة المقدمة", "cac:InvoiceLine/cac:DocumentReference/cbc:IssueDate", "prepayments.date";
    PrepaymentTime = "time of the prepayment invoice", "وقت فاتورة الدفعة المقدمة", "cac:InvoiceLine/cac:DocumentReference/cbc:IssueTime", "prepayments.time";
    PrepaymentType = "type of the prepayment invoice", "نوع فاتورة الدفعة المقدمة", "cac:InvoiceLine/cac:DocumentReference/cbc:DocumentTypeCode", "prepayments";
    PrepaymentTaxable = "advance without VAT", "الدفعة المقدمة بدون الضريبة", "cac:InvoiceLine/cac:TaxTotal/cac:TaxSubtotal/cbc:TaxableAmount", "prepayments.amount";
    PrepaymentTax = "VAT of the advance", "ضريبة الدفعة المقدمة", "cac:InvoiceLine/cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount", "prepayments.amount";
    PrepaymentCategory = "VAT category of the advance", "فئة ضريبة الدفعة المقدمة", "cac:InvoiceLine/cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID", "prepayments.vat";
    PrepaymentRate = "VAT rate of the advance", "نسبة ضريبة الدفعة المقدمة", "cac:InvoiceLine/cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:Percent", "prepayments.vat";
    PrepaymentLine = "line of the advance", "بند الدفعة المقدمة", "cac:InvoiceLine[cac:DocumentReference]", "prepayments";
    Amount = "amount", "المبلغ", "cbc:Amount", "";
    Date = "date", "التاريخ", "cbc:Date", "";
}
