
import json,collections
from tests.test_accessibility import *
from tests.test_accessibility import desk
import os
def test_report(desk):
    only=os.environ.get("ONLY","").split(",") if os.environ.get("ONLY") else None
    kinds=(os.environ.get("KINDS") or "names,order,mouse,colour,zh150,en150,qps,switch").split(",")
    for view in VIEWS:
        if only and view.page not in only: continue
        out=[]; desk.crashes.clear()
        try:
            desk.look(language="zh_CN"); p=desk.open(view)
        except BaseException as e:
            print("##",view,"CANNOT OPEN",type(e).__name__,str(e)[:300]); continue
        if "names" in kinds:
            out+=["name: "+x for x in walker.nameless(p)]+["untranslated: "+x for x in untranslated(p,"zh_CN")]
            desk.look(language="en"); p=desk.open(view)
            out+=["en-name: "+x for x in walker.nameless(p)]+["not-en: "+x for x in untranslated(p,"en")]
        if "order" in kinds: out+=["order: "+x for x in walker.backward(p)]
        if "mouse" in kinds: out+=["mouse: "+x for x in walker.mouse_only(p)]
        if "colour" in kinds: out+=["colour: "+x for x in walker.colour_alone(p)]
        for k,(l,s) in {"zh150":("zh_CN",150),"en150":("en",150),"qps":("qps",100)}.items():
            if k in kinds:
                desk.look(language=l,scale=s); p=desk.open(view)
                out+=[k+": "+x for x in walker.squeezed(p)]
                if l!="qps": out+=[k+" head: "+x for x in walker.short_headings(p)]
        if "switch" in kinds:
            for a,b in (("en","zh_CN"),("zh_CN","en")):
                desk.look(language=a); p=desk.open(view); i18n.use(b); desk.settle()
                out+=["switch "+b+": "+x for x in untranslated(p,b)]
        print("##",view,len(out))
        for o in out: print("   ",o)
