"""What Spanish, Chinese, Vietnamese, Arabic and Hindi say was done, by the English verbs for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SPANISH: Final = {
    "transferido transferida": "transferred",
    "enviado enviada mandado": "sent",
    "pagado pagada liquidado": "paid",
    "movido movida": "moved",
    "depositado ingresado": "deposited",
    "reembolsado devuelto": "refunded",
    "aprobado aprobada concedido concedida autorizado": "approved",
    "congelado congelada bloqueado bloqueada": "frozen",
    "desbloqueado desbloqueada": "unfrozen",
    "cancelado cancelada anulado": "cancelled",
    "guardado guardada añadido agregado": "saved",
    "vendido vendida vendidas": "sold",
    "comprado comprada": "bought",
    "registrado registrada denunciado": "recorded",
    "solicitado presentado": "submitted",
    "cambiado cambiada actualizado actualizada": "changed",
    "abierto abierta": "opened",
    "cerrado cerrada": "closed",
    "retirado retirada": "withdrawn",
}
_SPANISH_FINITE: Final = {
    "transferí transferimos": "transferred",
    "envié enviamos": "sent",
    "pagué": "paid",
    "moví": "moved",
    "aprobé aprobamos": "approved",
    "congelé bloqueé": "frozen",
    "desbloqueé": "unfrozen",
    "cancelé": "cancelled",
    "guardé": "saved",
    "vendí": "sold",
    "compré": "bought",
    "registré": "recorded",
    "cambié": "changed",
    "cerré": "closed",
}
_SPANISH_PASSIVE: Final = {
    "transfirió transfirieron": "transferred",
    "envió enviaron": "sent",
    "pagó pagaron": "paid",
    "aprobó": "approved",
    "bloqueó": "frozen",
    "canceló": "cancelled",
    "vendió vendieron": "sold",
}
_CHINESE: Final = {
    "转账 转出 转入 汇出 汇款 转给 转": "transferred",
    "支付 付款 付清 缴清 付": "paid",
    "发送": "sent",
    "退款 退还": "refunded",
    "批准 获批 审批通过 通过审批": "approved",
    "冻结 锁定": "frozen",
    "解冻": "unfrozen",
    "关闭": "closed",
    "开立 开通": "opened",
    "保存 添加": "saved",
    "卖出 出售 卖掉": "sold",
    "买入 购买": "bought",
    "取消": "cancelled",
    "登记 记录": "recorded",
    "提交": "submitted",
    "修改 更改 更新": "changed",
}
_VIETNAMESE: Final = {
    "chuyển": "transferred",
    "gửi": "sent",
    "thanh_toán trả": "paid",
    "hoàn_tiền hoàn_lại": "refunded",
    "phê_duyệt duyệt chấp_thuận": "approved",
    "khóa khoá đóng_băng": "frozen",
    "mở_khóa mở_khoá": "unfrozen",
    "đóng": "closed",
    "mở": "opened",
    "lưu thêm": "saved",
    "bán": "sold",
    "mua": "bought",
    "hủy huỷ": "cancelled",
    "ghi_nhận đăng_ký": "recorded",
    "nộp": "submitted",
    "cập_nhật thay_đổi": "changed",
    "rút": "withdrawn",
}
_ARABIC: Final = {
    "تحويل": "transferred",
    "إرسال": "sent",
    "دفع سداد": "paid",
    "استرداد": "refunded",
    "موافقة اعتماد": "approved",
    "تجميد إيقاف": "frozen",
    "إغلاق": "closed",
    "فتح": "opened",
    "حفظ إضافة": "saved",
    "بيع": "sold",
    "شراء": "bought",
    "إلغاء": "cancelled",
    "تسجيل": "recorded",
    "تقديم": "submitted",
    "تغيير تحديث": "changed",
    "سحب": "withdrawn",
}
_ARABIC_FINITE: Final = {
    "حولت حوّلت حولنا": "transferred",
    "أرسلت أرسلنا": "sent",
    "دفعت": "paid",
    "جمدت جمّدت": "frozen",
    "أغلقت": "closed",
    "حفظت": "saved",
    "بعت": "sold",
    "اشتريت": "bought",
    "ألغيت": "cancelled",
    "سجلت": "recorded",
    "غيرت": "changed",
}
_HINDI: Final = {
    "भेज": "sent",
    "ट्रांसफ़र ट्रांसफर": "transferred",
    "भुगतान चुका": "paid",
    "जमा": "deposited",
    "फ़्रीज़ फ्रीज ब्लॉक लॉक": "frozen",
    "बंद": "closed",
    "खोल": "opened",
    "सहेज सेव जोड़": "saved",
    "बेच": "sold",
    "खरीद ख़रीद": "bought",
    "रद्द": "cancelled",
    "स्वीकृत मंज़ूर मंजूर": "approved",
    "दर्ज": "recorded",
    "बदल": "changed",
    "वापस": "withdrawn",
}


@dataclass(frozen=True, slots=True)
class ForeignClaim:
    """A claim's place, its verb in English, and whether it is about what the customer did."""

    start: int
    end: int
    verb: str
    customers: bool


@dataclass(frozen=True, slots=True)
class _Tongue:
    letters: re.Pattern[str]
    claim: re.Pattern[str]
    open: re.Pattern[str]
    customer: re.Pattern[str]
    verbs: dict[str, str]


def _tongue(letters: str, verbs: dict[str, str], claim: str, open_: str, customer: str = "(?!)") -> _Tongue:
    english = {word.replace("_", " "): verb for words, verb in verbs.items() for word in words.split()}
    listed = "|".join(sorted(map(re.escape, english), key=len, reverse=True)).replace(r"\ ", r"\s+")
    return _Tongue(
        re.compile(letters, re.IGNORECASE),
        re.compile(claim.replace("VERB", f"(?P<verb>{listed})"), re.IGNORECASE),
        re.compile(open_, re.IGNORECASE),
        re.compile(customer, re.IGNORECASE),
        english,
    )


_SAME_PART: Final = r"[^,;.:，。；،؛।]"
_SPANISH_OPEN: Final = (
    rf"(?<!\w)(?:no|nunca|nada|tampoco|si|cuando|hasta que|sin|una vez|que usted|te|le|nos)\b{_SAME_PART}*$"
)
_ARABIC_OPEN: Final = rf"(?<!\w)(?:لم|لا|لن|إذا|بعد|عند|حتى|قبل|يمكن|يمكنك|أن){_SAME_PART}*$"
_TONGUES: Final = (
    _tongue(
        r"\b(?:he|hemos|ha|han|fue|fueron)\b",
        _SPANISH,
        r"(?<!\w)(?:he|hemos|(?:se )?han?(?: sido)?|fue|fueron)\s+(?:ya\s+)?VERB(?!\w)",
        _SPANISH_OPEN,
    ),
    _tongue(r"[éí]\b|mos\b", _SPANISH_FINITE, r"(?<!\w)VERB(?!\w)", _SPANISH_OPEN),
    _tongue(r"\bse\b", _SPANISH_PASSIVE, r"(?<!\w)se\s+VERB(?!\w)", _SPANISH_OPEN),
    _tongue(r"\bestá\b", {"aprobado aprobada": "approved"}, r"\bestá\s+VERB(?!\w)", _SPANISH_OPEN),
    _tongue(
        "[已我]",
        _CHINESE,
        r"(?:已经?|我们?(?:刚刚?|已经?)*(?=[为帮替把给将]))(?:为您|帮您|替您|被|成功|全部|[把给将向][^，。；]{0,24}?){0,3}VERB",
        rf"(?:未|没|无法|不|如果|一旦|若|等到|之前){_SAME_PART}{{0,10}}$",
        "[您你]$",
    ),
    _tongue(
        r"(?<!\w)(?:đã|vừa)(?!\w)",
        _VIETNAMESE,
        r"(?<!\w)(?:đã|vừa)\s+(?:được\s+|bị\s+)?VERB(?!\w)",
        rf"(?<!\w)(?:chưa|không|nếu|khi|sau khi)(?!\w){_SAME_PART}*$",
        r"(?<!\w)(?:bạn|quý khách)\s+$",
    ),
    _tongue(
        r"[\u0621-\u064a]",
        _ARABIC,
        r"(?<!\w)(?:تم|تمت|تمّ|تمّت|جرى|قمت|قمنا)\s+(?:بال|ب|ال)?VERB(?!\w)",
        _ARABIC_OPEN,
    ),
    _tongue(r"[\u0621-\u064a]", _ARABIC_FINITE, r"(?<!\w)VERB(?!\w)", _ARABIC_OPEN),
    _tongue(
        r"[\u0905-\u0939]",
        _HINDI,
        r"(?<!\w)VERB\s*(?:कर\s+|ले\s+)?(?:(?:दिया|दिए|दी|लिया|ली|किया|की|हो)\s+)?"
        r"(?:गया\s+|गए\s+|गई\s+|चुका\s+|चुकी\s+)?(?:है|हैं)(?!\w)",
        rf"(?:नहीं|अगर|यदि|बिना|जब){_SAME_PART}*$",
    ),
)


def foreign_claims(told: str) -> Iterator[ForeignClaim]:
    """The claims of a sentence in these languages, without those that it denies or only supposes."""
    for tongue in _TONGUES:
        if not tongue.letters.search(told):
            continue
        for match in tongue.claim.finditer(told):
            before = told[: match.start()]
            if not tongue.open.search(before):
                verb = tongue.verbs[" ".join(match["verb"].casefold().split())]
                yield ForeignClaim(*match.span(), verb, bool(tongue.customer.search(before)))
