"""Asks for what only the platform has: knowledge bases and the conversion of files."""

from sdk_base import client, tell
from xingchen import (
    CommonApiSub,
    FileConvertRequest,
    KnowledgeBaseApiSub,
    KnowledgeBaseCreateDTO,
    KnowledgeBaseDeleteDTO,
    KnowledgeBaseDetailDeleteDTO,
    KnowledgeBaseDetailQueryDTO,
    KnowledgeBaseDetailUpdateDTO,
    KnowledgeBaseDetailUploadDTO,
    KnowledgeBaseQueryDTO,
    KnowledgeBaseUpdateDTO,
    UserProfile,
)

api = client()
shelf, files = KnowledgeBaseApiSub(api), CommonApiSub(api)
us = {"userProfile": UserProfile(userId="rider-6")}
tell("create", shelf.create, KnowledgeBaseCreateDTO(name="航线", description="旧海图", **us))
tell("update", shelf.update, KnowledgeBaseUpdateDTO(knowledgeBaseId="1", name="海图", **us))
tell("search", shelf.search, KnowledgeBaseQueryDTO(pageNum=1, pageSize=10, **us))
tell("delete", shelf.delete, KnowledgeBaseDeleteDTO(knowledgeBaseId="1", **us))
one = {"knowledgeBaseId": "1", **us}
tell(
    "detail upload",
    shelf.detail_upload,
    KnowledgeBaseDetailUploadDTO(type="file", fileInfos=[], **one),
)
tell(
    "detail update",
    shelf.detail_update,
    KnowledgeBaseDetailUpdateDTO(name="a", newName="b", **one),
)
tell(
    "detail search",
    shelf.detail_search,
    KnowledgeBaseDetailQueryDTO(pageNum=1, pageSize=10, **one),
)
tell("detail delete", shelf.detail_delete, KnowledgeBaseDetailDeleteDTO(name="a", **one))
tell(
    "convert",
    files.file_convert,
    FileConvertRequest(type="excelToDocx", sourceUrl="https://example.com/a.xlsx"),
)
tell("converted", files.file_convert_result, 1)
